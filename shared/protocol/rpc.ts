/** What every message between editor and worker is: a method, and the checks of what it carries and of its answer. */
import { type Check, text } from "./validate.ts";

export interface Request<P, R> {
  readonly method: string;
  readonly params: Check<P>;
  readonly result: Check<R>;
}

export interface Notification<P> {
  readonly method: string;
  readonly params: Check<P>;
}

export const request = <P, R>(method: string, params: Check<P>, result: Check<R>): Request<P, R> => ({
  method,
  params,
  result,
});
export const notification = <P>(method: string, params: Check<P>): Notification<P> => ({ method, params });

/** A short word or name. */
export const label = text(64);
