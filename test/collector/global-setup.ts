import { collectorBinary } from './build.ts';

/** Once, before the test files: builds the collector, or says why its tests are skipped. */
export default function (): void {
  if (collectorBinary() === undefined)
    process.stdout.write(
      'There is no Go on this machine and no SIDEWATCH_OTELCOL, so the tests with a collector are skipped.\n',
    );
}
