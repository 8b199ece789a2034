import { describe, expect, test } from 'vitest';
import { DERIVED_FIELDS } from '../../../../src/model/event.ts';
import { unknownField } from '../../../../src/rules/assembly/known-fields.ts';

describe('a field that events can have is known to its last name', () => {
  test.each([
    ...[
      'verb',
      'timestamp',
      'sourceIPs',
      'sourceIPs[0]',
      'sourceIPs[-1]',
      'user',
      'user.username',
      'user.extra.a.b',
    ],
    ...['impersonatedUser.groups', 'authenticationMetadata.impersonationConstraint', 'objectRef.subresource'],
    ...['responseStatus', 'responseStatus.code', 'responseStatus.details.causes.field', 'user.groups[0]'],
    ...[
      'responseStatus.details.causes[0].field',
      'metadata.creationTimestamp',
      'requestObject',
      'requestObject.a[0].b',
    ],
    ...[
      'annotations.authorization.k8s.io/decision',
      'responseObject.x',
      'resource.service.name',
      'record.log.file.name',
    ],
    ...['k8s.cluster.name', ...DERIVED_FIELDS],
  ])('%s', (field) => {
    expect(unknownField(field)).toBeUndefined();
  });
});

describe('another field is named with the nearest one', () => {
  test.each([
    ['user.name', 'user.username'],
    ['objectRef.resorce', 'objectRef.resource'],
    ['responseStatus.cod', 'responseStatus.code'],
    ['responseStatus.detail.name', 'responseStatus.details.name'],
    ['objectReff.name', 'objectRef.name'],
    ['objectref.name', 'objectRef.name'],
    ['usr.name', 'user.username'],
    ['user.username.x', 'user.username'],
    ['verb.x', 'verb'],
    ['namespace', 'objectRef.namespace'],
    ['code', 'responseStatus.code'],
    ['user_agent.original', 'userAgent'],
    ['kubernetes.audit.objectRef.resource', 'objectRef.resource'],
    ['kubernetes.audit.requestObject.spec.hostPID', 'requestObject.spec.hostPID'],
    ['impersonatedUser.name', 'impersonatedUser.username'],
    ['anotations.a', 'annotations.a'],
    ['k8s.cluster.nam', 'k8s.cluster.name'],
  ])('%s', (field, meant) => {
    expect(unknownField(field)).toBe(`no audit event has ${field}; did you mean "${meant}"?`);
  });

  test.each(['eventID', 'src_pi', 'CommandLine', 'winlog.event_data'])('%s: none is near', (field) => {
    expect(unknownField(field)).toBe(`no audit event has ${field}`);
  });

  test.each([
    ['client.adress', 'client.address'],
    ['sourceIPs.geo.country', undefined],
    ['sourceIPs.x', undefined],
  ])('%s is a computed field that does not exist', (field, meant) => {
    expect(unknownField(field)).toMatch(
      meant === undefined ? /^\S+ is never set/ : `${field} is never set; did you mean "${meant}"?`,
    );
  });
});
