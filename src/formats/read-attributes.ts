import type { Attribute } from '../model/risk.ts';

/** Reads attributes by their names: undefined for one that is missing or of another type, an empty list for a list. */
export interface ReadAttributes {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  list(name: string): readonly string[];
}

export function readAttributes(attributes: Readonly<Record<string, Attribute>>): ReadAttributes {
  return {
    text(name) {
      const value = attributes[name];
      return typeof value === 'string' ? value : undefined;
    },
    number(name) {
      const value = attributes[name];
      return typeof value === 'number' ? value : undefined;
    },
    list(name) {
      const value = attributes[name];
      return typeof value === 'object' ? value : [];
    },
  };
}

/** What has a value: no member is undefined or an empty list. */
export type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The map without members that are undefined, empty lists or empty maps. */
export function present<T extends object>(map: T): Partial<Present<T>> {
  return Object.fromEntries(
    Object.entries(map).filter(
      ([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && isEmpty(value)),
    ),
  ) as Partial<Present<T>>;
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
