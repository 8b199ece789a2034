import { oncePerInSteps } from './once-per.ts';
import { eachInSteps } from './steps.ts';

/** Of each text its index in the list, made once for a list: it may have 100,000 texts, and several parts look them up. */
export const indexOfEach = oncePerInSteps(function* (texts: readonly string[]) {
  const indexes = new Map<string, number>();
  yield* eachInSteps(texts, (text, i) => indexes.set(text, i));
  return indexes as ReadonlyMap<string, number>;
});
