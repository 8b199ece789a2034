/** Values by the name of their list, for `|expand`. */
export type Lists = ReadonlyMap<string, readonly (string | number)[]>;

export const NO_LISTS: Lists = new Map();
