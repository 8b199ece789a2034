import type { Destination } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Receivers } from './receivers.ts';

/** What a service that has started says in its log: where it listens, with which rules, and where risk events go. */
export function startLine(
  addresses: Receivers['addresses'],
  rules: readonly Rule[],
  destinations: readonly Destination[],
  hop: { readonly target: string } | undefined,
): string {
  const to = destinations.map(({ name, target }) => `${name} (${target})`).join(', ');
  const on = hop ? `; requests go on to ${hop.target}` : '';
  return `listening for ${listening(addresses)}; ${ruleCounts(rules)}; risk events go to ${to}${on}`;
}

/** `OTLP on localhost:4317 (gRPC), localhost:4318 (HTTP) and audit webhooks on localhost:9765`. */
function listening({ grpc, http, webhook }: Receivers['addresses']): string {
  const otlp = [grpc && `${grpc} (gRPC)`, http && `${http} (HTTP)`].filter((one) => one).join(', ');
  return [otlp && `OTLP on ${otlp}`, webhook && `audit webhooks on ${webhook}`]
    .filter((one) => one)
    .join(' and ');
}

/** `43 rules: 42 of sidewatch, 1 of mine.yml`. */
function ruleCounts(rules: readonly Rule[]): string {
  const sets = Map.groupBy(rules, ({ ruleset }) => ruleset);
  const each = [...sets].map(([name, own]) => `${own.length} of ${name}`).join(', ');
  return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${rules.length > 0 ? `: ${each}` : ''}`;
}
