import { plainText } from '../lib/plain-text.ts';
import { inTurns } from '../ops/in-turns.ts';
import { loadingDetector } from '../setup/detector.ts';
import { openResources } from '../setup/open-resources.ts';
import { settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';

/** Says what a configuration loads, or throws UserError with everything that is wrong with it or with what it names. */
export async function configCheck(path: string): Promise<void> {
  const settings = await settingsFor(path);
  const { destinations, geo } = await openResources(settings);
  const [, { rules, warnings, ruleSet }] = await together(
    () => geo.open(),
    () => inTurns(loadingDetector(settings.config, geo)),
  );
  for (const destination of destinations) await destination.stop();
  for (const warning of settings.warnings) process.stdout.write(`warning: ${plainText(warning)}\n`);
  for (const { where, message } of warnings)
    process.stdout.write(`${plainText(`${where}  warning: ${message}`)}\n`);
  const to = settings.targets.map(({ name }) => name).join(', ');
  const loaded = `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  const off = ruleSet.off.length > 0 ? ` and ${ruleSet.off.length} off` : '';
  process.stdout.write(`${path} is good: ${loaded}${off}, risk events go to ${to}\n`);
}
