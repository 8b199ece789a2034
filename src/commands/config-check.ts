import { plainText } from '../lib/plain-text.ts';
import { inTurns } from '../ops/in-turns.ts';
import { loadingDetector } from '../setup/detector.ts';
import { openResources } from '../setup/open-resources.ts';
import { routing } from '../setup/routing.ts';
import { settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';

/** Prints what a configuration loads. Throws UserError with everything that is wrong in it, or in the files that it names. */
export async function configCheck(path: string): Promise<void> {
  const settings = await settingsFor(path);
  const { destinations, geo } = await openResources(settings);
  const [, { rules, warnings, ruleSet }] = await together(
    () => geo.open(),
    () => inTurns(loadingDetector(settings.config, geo)),
  );
  for (const destination of destinations) await destination.stop();
  for (const warning of settings.warnings) process.stdout.write(`warning: ${plainText(warning)}\n`);
  const names = settings.targets.map(({ name }) => name);
  for (const line of routing(settings.config, names).use(ruleSet))
    process.stdout.write(`${plainText(`warning: ${line}`)}\n`);
  for (const { where, message } of warnings)
    process.stdout.write(`${plainText(`${where}  warning: ${message}`)}\n`);
  const to = names.join(', ');
  const loaded = `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  const off = ruleSet.off.length > 0 ? ` (${ruleSet.off.length} more are off)` : '';
  process.stdout.write(`${path} is valid: ${loaded}${off}, risk events go to ${to}\n`);
}
