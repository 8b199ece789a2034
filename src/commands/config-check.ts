import { createCounters } from '../ops/counters.ts';
import { loadDetector } from './detector.ts';
import { settingsFor } from './settings.ts';

/** Says what a configuration loads, or throws UserError with everything that is wrong with it or its rules. */
export function configCheck(path: string): void {
  const settings = settingsFor(path);
  const { rules, warnings } = loadDetector(settings.config, createCounters());
  for (const warning of settings.warnings) process.stdout.write(`warning: ${warning}\n`);
  for (const { where, message } of warnings) process.stdout.write(`${where}  warning: ${message}\n`);
  const to = settings.targets.map(({ name }) => name).join(', ');
  process.stdout.write(
    `${path} is good: ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, risk events go to ${to}\n`,
  );
}
