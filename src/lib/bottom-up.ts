/**
 * Items so that each stands behind those that it rests on; what the items themselves do not hold must not be among these.
 * `circle` hears of a way from an item back to itself, which stands at both ends of it; whatever is in one, or rests on
 * one, is left out.
 */
export function bottomUp<Item>(
  items: readonly Item[],
  restsOn: (item: Item) => readonly Item[],
  circle: (way: readonly Item[]) => void,
): readonly Item[] {
  const ordered = new Set<Item>();
  const broken = new Set<Item>();
  const visit = (item: Item, above: readonly Item[]): boolean => {
    if (ordered.has(item)) return true;
    if (broken.has(item)) return false;
    const way = [...above, item];
    // All of them, so that every circle is told.
    const sound = restsOn(item)
      .map((below) => {
        const start = way.indexOf(below);
        if (start < 0) return visit(below, way);
        circle([...way.slice(start), below]);
        return false;
      })
      .every(Boolean);
    (sound ? ordered : broken).add(item);
    return sound;
  };
  for (const item of items) visit(item, []);
  return [...ordered];
}
