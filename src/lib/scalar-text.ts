import type { Scalar } from '../model/event.ts';

/** A scalar as JSON prints it, strings without quotes; undefined for null. */
export function scalarText(scalar: Scalar | undefined): string | undefined {
  return scalar === null || scalar === undefined ? undefined : String(scalar);
}
