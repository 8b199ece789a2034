import { indexOfEach } from '../../lib/index-of-each.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { FieldId, FieldNeed, FieldPlan } from '../../model/event.ts';
import { placesOf } from '../../semantics/pod-fields.ts';
import { compilePath, type FieldPath } from './field-path.ts';

/** Where a field's path starts. `cluster`: the cluster that the sender is bound to, else the resource's k8s.cluster.name, else what cluster-name.ts finds. */
export type Base = 'event' | 'resource' | 'record' | 'cluster';

export interface CompiledField {
  readonly base: Base;
  /** The first path that leads somewhere counts. */
  readonly paths: readonly FieldPath[];
  readonly literals: ReadonlyMap<string, number>;
  /** The fields that are read in the objects of this one. */
  readonly inner: CompiledFields;
}

/** By field id; undefined for fields of another scope. */
export type CompiledFields = readonly (CompiledField | undefined)[];

/** A plan's fields with their paths compiled, once for each plan. */
export const compiledFields = oncePer((plan: FieldPlan): CompiledFields => compile(plan.needs));

function compile(needs: readonly FieldNeed[]): CompiledFields {
  const scopes = new Map<string | undefined, (CompiledField | undefined)[]>();
  const scope = (name: string | undefined) => {
    const fields = scopes.get(name) ?? [];
    scopes.set(name, fields);
    return fields;
  };
  for (const [id, need] of needs.entries()) {
    const [base, path]: [Base, string] = need.within === undefined ? start(need.path) : ['event', need.path];
    scope(need.within)[id as FieldId] = {
      base,
      paths: (need.within === undefined && base === 'event' ? placesOf(path) : [{ path, fixed: 0 }]).map(
        (place) => compilePath(place.path, place.fixed),
      ),
      literals: indexOfEach(need.literals),
      inner: scope(need.path),
    };
  }
  return scope(undefined);
}

function start(path: string): [Base, string] {
  if (path === 'k8s.cluster.name') return ['cluster', path];
  if (path.startsWith('resource.')) return ['resource', path.slice('resource.'.length)];
  if (path.startsWith('record.')) return ['record', path.slice('record.'.length)];
  return ['event', path];
}
