import { describe, expect, test } from 'vitest';
import { type Detection, FACTS } from '../../../../src/model/hit.ts';
import { asItIs, redactor } from '../../../../src/risk/redaction/redactor.ts';
import { renderer } from '../../../../src/risk/render.ts';
import { TestCounters } from '../../../support/counters.ts';
import { aDetection, aRule, one, render } from '../rendered.ts';

const APPLIED = 'annotations.kubectl.kubernetes.io/last-applied-configuration';
const rule = aRule(
  { groupBy: ['requestURI'] },
  {
    message: 'asked for $requestURI$',
    objects: [{ field: 'requestURI', type: 'url' }],
    threats: [],
    collect: ['requestURI', 'verb', APPLIED, 'requestObject.data.a', 'process.command_args'],
  },
);
const leaking = (values: Detection['values'], group = '/x?token=abc123') =>
  aDetection({ group: { requestURI: group }, values });

describe('a risk event without its secrets', () => {
  const uris = { requestURI: ['/x?token=abc123', '/x?token=def456'], verb: ['get'] };

  test('names what was redacted, and holds it nowhere', () => {
    const event = one(leaking(uris), rule);
    expect(event.body).toBe('asked for /x?token=<redacted>');
    expect(event.attributes).toMatchObject({
      'sidewatch.group.requestURI': '/x?token=<redacted>',
      'sidewatch.values.requestURI': ['/x?token=<redacted>'],
      'sidewatch.risk.object': '/x?token=<redacted>',
      'sidewatch.values.verb': ['get'],
      'sidewatch.redacted': [
        'body',
        'sidewatch.group.requestURI',
        'sidewatch.values.requestURI',
        'sidewatch.risk.object',
      ],
    });
    expect(JSON.stringify(event)).not.toMatch(/abc123|def456/);
  });

  test('has the ids that it has with them', () => {
    const whole = renderer([rule], {}, new TestCounters(), asItIs)(leaking(uris));
    expect(whole[0]!.body).toBe('asked for /x?token=abc123');
    expect(whole[0]!.attributes).not.toHaveProperty('sidewatch.redacted');
    expect(one(leaking(uris), rule).uid).toBe(whole[0]!.uid);
  });

  test('is one for each risk object that there is, though they look the same', () => {
    const many = aRule({}, { objects: [{ field: 'requestURI', type: 'url' }], collect: ['requestURI'] });
    const events = render(aDetection({ values: uris }), many);
    expect(events.map(({ attributes }) => attributes['sidewatch.risk.object'])).toEqual([
      '/x?token=<redacted>',
      '/x?token=<redacted>',
    ]);
    expect(new Set(events.map(({ uid }) => uid)).size).toBe(2);
  });

  test('is filtered by what it was', () => {
    const keep = (row: { readonly requestURI?: unknown }) => row.requestURI !== '/x?token=abc123';
    expect(render(leaking(uris), { ...rule, keep })).toEqual([]);
  });

  test('is counted by rule; one without secrets is not', () => {
    const counters = new TestCounters();
    const events = renderer([rule], {}, counters);
    events(leaking(uris));
    events(leaking({ verb: ['get'] }, '/x'));
    expect(counters.of('detections_redacted', '4f1c')).toBe(1);
  });

  test('a summary too', () => {
    const event = one({ ...leaking(uris), kind: 'summary', of: 'd' }, rule);
    expect(event.body).toMatch(/^asked for \/x\?token=<redacted> \(summary: /);
    expect(event.attributes['sidewatch.redacted']).toContain('body');
  });
});

describe('fields that hold secrets', () => {
  const shown = (field: string, texts: readonly string[], more: Detection['values'] = {}) =>
    (redactor()(aDetection({ values: { [field]: texts, ...more } }))?.detection.values ?? { [field]: texts })[
      field
    ];

  test('the data of a Secret; that of a ConfigMap is looked at like other texts', () => {
    const secrets = { [FACTS.resource]: ['secrets'] };
    expect(shown('requestObject.data.a', ['x'], secrets)).toEqual(['<redacted>']);
    expect(shown('requestObject.stringData.a', ['x', 'y'])).toEqual(['<redacted>']);
    expect(shown('responseObject.items.data.a', ['x'], secrets)).toEqual(['<redacted>']);
    expect(shown('requestObject.data.a', ['x'], { [FACTS.resource]: ['configmaps'] })).toEqual(['x']);
    expect(shown('requestObject.metadata.name', ['x'], secrets)).toEqual(['x']);
  });

  test('a field whose name says it', () => {
    expect(shown('requestObject.spec.token', ['abc'])).toEqual(['<redacted>']);
    expect(shown('requestObject.spec.automountServiceAccountToken', ['true'])).toEqual(['true']);
    expect(shown('objectRef.name', ['token'])).toEqual(['token']);
  });

  test('the arguments of a command, which have no order', () => {
    expect(shown('process.command_args', ['--token', 'abc', '/bin/x', '-v', '80'])).toEqual([
      '--token',
      '<redacted>',
      '/bin/x',
      '-v',
      '80',
    ]);
    expect(shown('process.command_args', ['-phunter2', '-uroot', 'mysql'])).toEqual([
      '-p<redacted>',
      '-uroot',
      'mysql',
    ]);
    expect(shown('process.command_args', ['-p', 'hunter2', 'sshpass'])).toEqual(['-p', '<redacted>']);
    expect(shown('podSpec.containers.args', ['-p', '80', 'serve'])).toEqual(['-p', '80', 'serve']);
  });
});

test('patterns of the user replace their group, or all that they match', () => {
  const redact = redactor(['emp-(\\d+)', '(?i)internal']);
  expect(
    redact(aDetection({ values: { userAgent: ['emp-123 INTERNAL x'] } }))?.detection.values['userAgent'],
  ).toEqual(['emp-<redacted> <redacted> x']);
});
