import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import {
  appliance,
  circuit,
  coloSpace,
  computePool,
  network,
  type Resource,
  type ResourceFields,
  resource,
  saasUser,
  serialiseResource,
  server,
  serviceOffering,
  volume,
} from '../../../lib/models/index.ts';
import vectors from '../../fixtures/vectors/models.json' with { type: 'json' };

interface Vector {
  model: string;
  args: ResourceFields;
  serialized: unknown;
}

const models: Record<string, (fields: ResourceFields) => Resource> = {
  Appliance: appliance,
  Circuit: circuit,
  ColoSpace: coloSpace,
  ComputePool: computePool,
  Network: network,
  SaasUser: saasUser,
  Server: server,
  ServiceOffering: serviceOffering,
  Volume: volume,
};
const SEEN = '2026-11-20T06:21:34.123456Z';
/** What JSON, which knows no types, may hold where a text belongs. */
const nothing: unknown[] = [undefined, null, '', 7, {}];
const loose = (fields: object) => fields as ResourceFields;

describe('every model', () => {
  it.each(vectors as Vector[])(
    'serialises as the original: $model $args.id',
    ({ model, args, serialized }) => {
      const build = models[model];
      // As text: the order of the fields agrees too.
      expect(JSON.stringify(build && serialiseResource(build(args), SEEN))).toBe(JSON.stringify(serialized));
    },
  );

  it.each(Object.keys(models))('%s is a resource with nothing but id and name', (model) => {
    expect(models[model]?.({ id: 'i', name: 'n' })).toMatchObject({
      id: 'i',
      base: { name: 'n', provider_created_at: null, regions: [] },
      connections: {},
      metadata: {},
    });
  });

  it.each(Object.keys(models))('%s needs an id and a name', (model) => {
    for (const value of nothing) {
      expect(() => models[model]?.(loose({ id: value, name: 'n' }))).toThrow(MalformedResponse);
      expect(() => models[model]?.(loose({ id: 'i', name: value }))).toThrow(MalformedResponse);
    }
  });
});

describe('resource', () => {
  it('has no details unless the model has some', () => {
    expect(resource('project', { id: 'p', name: 'P' })).toEqual({
      id: 'p',
      type: 'project',
      base: { name: 'P', provider_created_at: null, regions: [] },
      connections: {},
      metadata: {},
    });
  });

  it('names model and field when one is missing', () => {
    expect(() => resource('server', loose({ id: 'i-1' }))).toThrow(
      new MalformedResponse('server "i-1": name must be a text with a value'),
    );
    expect(() => resource('server', loose({ name: 'n' }))).toThrow(
      new MalformedResponse('server without an id: id must be a text with a value'),
    );
    expect(() => resource('', { id: 'i-1', name: 'n' })).toThrow(
      new MalformedResponse('resource "i-1": type must be a text with a value'),
    );
  });

  it('names model and field of a time that is none', () => {
    expect(() => resource('volume', { id: 'v-1', name: 'n', provider_created_at: 'soon' })).toThrow(
      'volume "v-1": provider_created_at: "soon" is not an RFC 3339 time of the years 0000 to 9999',
    );
  });

  it('has no creation time when the provider gives an empty one', () => {
    expect(
      resource('volume', { id: 'v', name: 'n', provider_created_at: '' }).base.provider_created_at,
    ).toBeNull();
  });

  it('leaves a portal link out that is null', () => {
    expect(resource('volume', { id: 'v', name: 'n', native_portal_link: null }).base).not.toHaveProperty(
      'native_portal_link',
    );
  });

  it('prefers locations to a region, and a region to no locations', () => {
    const place = { id: 'i', name: 'n', region: { id: 'r' } };
    expect(resource('server', { ...place, locations: [{ city: { name: 'Bonn' } }] }).base).toEqual({
      name: 'n',
      provider_created_at: null,
      locations: [{ city: { name: 'Bonn' } }],
    });
    expect(resource('server', { ...place, locations: [] }).base.regions).toEqual([{ id: 'r' }]);
  });
});

describe('serialiseResource', () => {
  it('adds the time at which it was seen, and changes nothing of the model', () => {
    const model = resource('server', { id: 'i', name: 'n' });
    const before = structuredClone(model);
    expect(serialiseResource(model, SEEN).base).toEqual({ ...before.base, last_seen_at: SEEN });
    expect(model).toEqual(before);
  });
});
