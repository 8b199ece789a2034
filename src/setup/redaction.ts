import type { Config } from '../config/schema.ts';
import { asItIs, type Redact, redactor } from '../risk/redaction/redactor.ts';

/** What the configuration wants to be taken out of risk events. */
export function redactionFor({ risk: { redaction } }: Config): Redact {
  return redaction.enabled ? redactor(redaction.patterns) : asItIs;
}
