/** The result of one check. */
export interface DoctorCheck {
  readonly name: string;
  readonly status: "ok" | "warning" | "error";
  readonly message: string;
  /** What the user can do about it. */
  readonly advice?: string;
}

export const okCheck = (name: string, message: string): DoctorCheck => ({ name, status: "ok", message });
export const warningCheck = (name: string, message: string, advice?: string): DoctorCheck =>
  withAdvice({ name, status: "warning", message }, advice);
export const errorCheck = (name: string, message: string, advice?: string): DoctorCheck =>
  withAdvice({ name, status: "error", message }, advice);
const withAdvice = (check: DoctorCheck, advice: string | undefined): DoctorCheck =>
  advice === undefined ? check : { ...check, advice };
