import type { Derived, EventReader, FieldNeed, FieldPlan } from '../model/event.ts';
import { FACTS, type Values } from '../model/hit.ts';
import { isRefusal } from '../semantics/refusal.ts';
import { bounded, head } from './bounded-text.ts';
import { fieldOf } from './event-field.ts';
import { carried } from './field-values.ts';
import { payerOf } from './payer.ts';
import type { RememberedValues } from './remembered-values.ts';

/** Facts that are read from the event, or from the record around it. */
const READ = [
  [FACTS.user, 'user.username'],
  [FACTS.agent, 'userAgent'],
  [FACTS.method, 'verb'],
  [FACTS.code, 'responseStatus.code'],
  [FACTS.path, 'requestURI'],
  [FACTS.verb, 'verb'],
  [FACTS.namespace, 'objectRef.namespace'],
  [FACTS.resource, 'objectRef.resource'],
  [FACTS.subresource, 'objectRef.subresource'],
  [FACTS.object, 'objectRef.name'],
  [FACTS.apiGroup, 'objectRef.apiGroup'],
  [FACTS.cluster, 'k8s.cluster.name'],
] as const;

const PLACED = [
  [FACTS.countryCode, 'client.geo.country.iso_code'],
  [FACTS.country, 'client.geo.country.name'],
  [FACTS.city, 'client.geo.locality.name'],
  [FACTS.lat, 'client.geo.location.lat'],
  [FACTS.lon, 'client.geo.location.lon'],
] as const;

/**
 * Stands for a missing fact: a detection shows one only if all its hits agree on it, and so a missing one must count as a
 * value. Facts that a detection lists (see FACTS) may be left out.
 */
const ABSENT: readonly string[] = [''];

const YES: readonly string[] = ['true'];

const AUDIT_ID = 'auditID';

export const FACT_NEEDS: readonly FieldNeed[] = [AUDIT_ID, ...READ.map(([, path]) => path)].map((path) => ({
  path,
  literals: [],
}));

/**
 * What every risk event shows of a request, whatever its rule. Lists of one value, except for the addresses that the
 * client claims.
 */
export interface EventFacts {
  /** See Hit. */
  readonly payer: string;
  readonly values: Values;
}

interface ClientFacts {
  readonly payer: string;
  readonly shown: readonly string[] | undefined;
}

/** `seconds`: how long the request lasted, where that is known. `fallback`: see EventContext. */
export function factsOf(
  plan: FieldPlan,
  derived: Derived,
  remembered: RememberedValues,
): (event: EventReader, seconds: number | undefined, fallback: boolean) => EventFacts {
  const facts = [...READ, ...PLACED].map(([fact, path]) => {
    const field = fieldOf(path, plan, derived);
    return { fact, valuesIn: remembered.of(path, fact, (event) => carried(field, event, SHOWN[fact])) };
  });
  const auditId = fieldOf(AUDIT_ID, plan, derived);
  const client = fieldOf('client.address', plan, derived);
  const clientIn = remembered.of('client.address', FACTS.client, (event): ClientFacts => {
    const address = client.text(event, 0);
    return { payer: payerOf(address), shown: address === undefined ? undefined : [bounded(address)] };
  });
  const claimed = fieldOf('client.claimed', plan, derived);
  const claimedIn = remembered.of('client.claimed', FACTS.claimed, (event) => carried(claimed, event));
  // Not from the cache of shared lists: no other event has this one.
  const auditIds = (event: EventReader): readonly string[] => {
    const id = auditId.count(event) === 1 ? auditId.text(event, 0) : undefined;
    return id === undefined ? carried(auditId, event) : [bounded(id)];
  };
  // Copied for each event, since an object that grows to so many properties is reallocated five times.
  const blank = Object.fromEntries(
    [...facts.map(({ fact }) => fact), FACTS.client, FACTS.refused].map((fact) => [fact, ABSENT]),
  );
  return (event, seconds, fallback) => {
    const { payer, shown } = clientIn(event);
    const values: Record<string, readonly string[]> = { ...blank };
    for (let i = 0; i < facts.length; i++) {
      const { fact, valuesIn } = facts[i]!;
      const found = valuesIn(event);
      if (found.length > 0) values[fact] = found;
    }
    const ids = auditIds(event);
    if (ids.length > 0) values[FACTS.auditId] = ids;
    if (shown !== undefined) values[FACTS.client] = shown;
    if (isRefusal(Number(values[FACTS.code]![0]))) values[FACTS.refused] = YES;
    if (seconds !== undefined) values[FACTS.seconds] = [String(seconds)];
    if (fallback) values[FACTS.fallback] = YES;
    const claims = claimedIn(event);
    if (claims.length > 0) values[FACTS.claimed] = claims;
    return { payer, values };
  };
}

/** The HTTP method of an API verb on a resource; '' for verbs whose method is not certain (proxies, plain URLs). */
const METHODS: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** How a value is shown, for facts that are not shown as they are. */
const SHOWN: Readonly<Record<string, ((text: string) => string) | undefined>> = {
  [FACTS.path]: pathOf,
  [FACTS.method]: (verb) => (Object.hasOwn(METHODS, verb) ? METHODS[verb]! : ''),
};

/** A request URI up to its query. */
function pathOf(uri: string): string {
  const query = uri.indexOf('?');
  return query < 0 ? uri : head(uri, query);
}
