/** A map as YAML gives it, unchecked. */
export type YamlMap = Readonly<Record<string, unknown>>;

export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` merged over `under`: maps are merged, other values (lists too) are replaced. A null in `over` stays a null. */
export function deepMerge(under: YamlMap, over: YamlMap): YamlMap {
  // A map, since a key may be `__proto__`.
  const result = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = result.get(key);
    result.set(key, isYamlMap(value) && isYamlMap(below) ? deepMerge(below, value) : value);
  }
  return Object.fromEntries(result);
}
