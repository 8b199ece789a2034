import type { YamlPath } from './yaml-source.ts';

/** The value at a path in a YAML value; undefined if there is none. A text is also a list of one text. */
export function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce(below, value);
}

function below(value: unknown, step: string | number): unknown {
  if (typeof value === 'string' && step === 0) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}
