import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CLOUD_COLLECTORS, example, operatorCollector, upstreamCollector } from '../support/examples.ts';
import { faultsOf, OTELCOL, yamlOf } from './collector.ts';
import { agentParts, cloudParts, gatewayParts, sharedReceiver } from './configs.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(OTELCOL === undefined)('a real collector accepts', () => {
  test.each([
    ['the configuration in README', yamlOf('README.md', 'file_log/audit')],
    ['the collector before a chain', yamlOf('docs/chaining.md', 'otlp_grpc/sidewatch')],
    ['the values for the upstream chart', upstreamCollector('values.yaml')],
    ['those for agents', upstreamCollector('agents.yaml')],
    ['the shared receiver of the page', sharedReceiver()],
    ['what the Splunk agent has for us, with a gateway', agentParts('agent-and-gateway.yaml')],
    ['and without', agentParts('agent-only.yaml')],
    ['and beside a gateway with a sidecar', agentParts('gateway-sidecar/values.yaml')],
    ['what that gateway has for us', gatewayParts('gateway-sidecar/values.yaml')],
    ["the operator's gateway", operatorCollector('audit')],
    ["the operator's agents", operatorCollector('audit-agent')],
    ['the gateway of kube-stack', example('kube-stack/values.yaml').collectors.audit.config],
    ['the agents of kube-stack', example('kube-stack/values.yaml').collectors['audit-agent'].config],
    ['the collector before a chain, by the upstream chart', upstreamCollector('agents.yaml', 'in-line')],
    ['and the one after it', upstreamCollector('gateway.yaml', 'in-line')],
    ['what a gateway has for risk events', gatewayParts('agent-and-gateway.yaml')],
  ])('%s', (_, config) => {
    expect(faultsOf(config, folder)).toBe('');
  });

  test.each(CLOUD_COLLECTORS)('what %s has behind its receiver', (file) => {
    expect(faultsOf(cloudParts(file), folder)).toBe('');
  });

  test('and refuses a key that it does not have', () => {
    const config = upstreamCollector('values.yaml');
    config.exporters['otlp_grpc/sidewatch'].sending_queue.block_on_overflw = true;
    expect(faultsOf(config, folder)).toContain('block_on_overflw');
  });
});
