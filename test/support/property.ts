/**
 * How often a property is tried. `npm test` draws the same cases every time, so that a red build is somebody's change;
 * `npm run fuzz` draws others, FUZZ times as many, and prints the seed of what it finds.
 */
export const runs = (numRuns: number) =>
  process.env['FUZZ'] === undefined
    ? { numRuns, seed: 20_260_101 }
    : { numRuns: numRuns * Number(process.env['FUZZ']) };
