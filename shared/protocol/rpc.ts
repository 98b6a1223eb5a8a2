/** The shape of all messages between editor and worker: method name, and validators of the data. */
import { string, type Validator } from "./validate.ts";

export interface Request<P, R> {
  readonly method: string;
  readonly params: Validator<P>;
  readonly result: Validator<R>;
}

export interface Notification<P> {
  readonly method: string;
  readonly params: Validator<P>;
}

export const request = <P, R>(method: string, params: Validator<P>, result: Validator<R>): Request<P, R> => ({
  method,
  params,
  result,
});
export const notification = <P>(method: string, params: Validator<P>): Notification<P> => ({ method, params });

/** A short name or vocabulary value. */
export const label = string(64);
