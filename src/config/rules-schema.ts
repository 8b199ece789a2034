import * as z from 'zod';
import { PACKS } from '../model/packs.ts';
import { closedMap, list, mapOf, oneOf, section, text } from '../schema/shapes.ts';

export const rules = section(
  closedMap({
    packs: list(oneOf(PACKS), `a list of ${PACKS.join(' and ')}`)
      .default(['sidewatch'])
      .describe('Rules that ship with Sidewatch. Both at once score the same behaviour twice.'),
    files: list(text('a path or a glob pattern'), 'a list of paths and glob patterns')
      .default([])
      .describe('Sigma rules, correlations and filters of your own.'),
    result_filters: mapOf(z.unknown(), 'a map of rule ids or names to Sigma detections')
      .default({})
      .describe('By rule, a Sigma detection over the result row; a row that does not match is dropped.'),
    profiles: list(text('the name of a profile'), 'a list of names of profiles')
      .default([])
      .describe(
        'Names of profiles, which are overrides that ship with the packs. They apply before your own overrides. See rules.md.',
      ),
    overrides: list(
      mapOf(z.unknown(), 'a map with rule, tag or pack, and what to change'),
      'a list of overrides',
    )
      .default([])
      .describe(
        'Changes to loaded rules: `rule`, `tag` or `pack`, and any of enabled, level, score, message, objects, threats, threshold, timespan, quiet, offset, lateness, time and group. Later ones win. See rules.md.',
      ),
    lists: mapOf(z.unknown(), 'a map of names to lists of values, or to {file: PATH}')
      .default({})
      .describe(
        'Values that rules refer to as `%name%`, with the modifier `expand`. A list here replaces the list of the same name that ships with a pack.',
      ),
    on_error: oneOf(['refuse', 'keep_valid'])
      .default('refuse')
      .describe(
        'At a start and a reload. `refuse`: if a rule has an error, no rule set is loaded. `keep_valid`: rules with an error are left out with everything that depends on them, logged and counted (`rules_left_out`).',
      ),
  }),
);
