/** A map as YAML gives it, unchecked. */
export type YamlMap = Readonly<Record<string, unknown>>;

export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` on top of `under`: maps are merged, all else (lists too) is replaced. A null of `over` stays, as a null. */
export function laidOver(under: YamlMap, over: YamlMap): YamlMap {
  // A map, since a key may be `__proto__`.
  const result = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = result.get(key);
    result.set(key, isYamlMap(value) && isYamlMap(below) ? laidOver(below, value) : value);
  }
  return Object.fromEntries(result);
}
