import type { YamlPath } from './yaml-source.ts';

/** A path in the form for people: `rules.overrides[2].threshold`. */
export function dotted(path: YamlPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${step}`),
    '',
  );
}
