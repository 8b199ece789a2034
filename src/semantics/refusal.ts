const REFUSED = 400;
/** A request that timed out may have been carried out. */
const TIMED_OUT = 504;

/** Whether an answer says that the API server did not do what was asked. No code is no refusal. */
export function isRefusal(code: number): boolean {
  return code >= REFUSED && code !== TIMED_OUT;
}
