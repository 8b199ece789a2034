/**
 * The items in an order in which each comes after the items that it rests on; these must be among `items`.
 * `circle` is called with each way from an item back to itself, with the item at both ends. Items that are in a circle, or rest on
 * such an item, are left out.
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
    // All of them, so that every circle is reported.
    const valid = restsOn(item)
      .map((below) => {
        const start = way.indexOf(below);
        if (start < 0) return visit(below, way);
        circle([...way.slice(start), below]);
        return false;
      })
      .every(Boolean);
    (valid ? ordered : broken).add(item);
    return valid;
  };
  for (const item of items) visit(item, []);
  return [...ordered];
}
