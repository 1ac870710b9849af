import { describe, expect, it } from 'vitest';
import { connections } from '../../../lib/models/connections.ts';

describe('connections', () => {
  it('lists ids by type', () => {
    const fields = { appliances: ['a'], servers: ['s1', 's2'], networks: ['n'], volumes: ['v'] };
    expect(JSON.stringify(connections(fields))).toBe(
      '{"appliance":[{"id":"a"}],"server":[{"id":"s1"},{"id":"s2"}],"network":[{"id":"n"}],"volume":[{"id":"v"}]}',
    );
  });

  it('keeps the entries of the type any as they are', () => {
    expect(connections({ type: 'any', connections: ['a', { id: 'b', type: 'host' }] })).toEqual({
      any: ['a', { id: 'b', type: 'host' }],
    });
  });

  it('adds up what names the same type', () => {
    expect(connections({ type: 'server', connections: ['a'], servers: ['b'] })).toEqual({
      server: [{ id: 'a' }, { id: 'b' }],
    });
    const pools = { type: 'compute_pool', connections: ['p'] };
    const offerings = { type: 'service_offering', connections: ['o'], servers: ['s'] };
    expect(connections([pools, offerings, { servers: ['t'] }])).toEqual({
      compute_pool: [{ id: 'p' }],
      service_offering: [{ id: 'o' }],
      server: [{ id: 's' }, { id: 't' }],
    });
  });

  it('leaves out a type without any', () => {
    expect(connections({})).toEqual({});
    expect(connections([])).toEqual({});
    expect(connections({ type: 'thing', connections: [], servers: null })).toEqual({});
    expect(connections({ connections: ['of no type'] })).toEqual({});
  });
});
