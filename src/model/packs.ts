/** Rules that ship with Sidewatch, each a folder of rules/. */
export const PACKS = ['escu', 'sidewatch'] as const;
