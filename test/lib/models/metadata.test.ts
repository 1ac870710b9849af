import { describe, expect, it } from 'vitest';
import { account } from '../../../lib/models/account.ts';
import { metadata } from '../../../lib/models/metadata.ts';

describe('metadata', () => {
  it('puts pairs into the default namespace and triples into their own', () => {
    const tuples = [
      ['k', 'v'],
      ['provider_metadata', 'zone', 1],
      ['k2', null],
    ];
    expect(metadata(tuples)).toEqual({
      provider_specific: { k: 'v', k2: null },
      provider_metadata: { zone: 1 },
    });
    expect(metadata([['k', 'v']], 'default')).toEqual({ default: { k: 'v' } });
  });

  it('ignores a tuple that is neither', () => {
    expect(metadata([[], ['k'], ['ns', 'k', 'v', 'more']])).toEqual({});
  });

  it('lets the later of two entries count', () => {
    const tuples = [
      ['k', 'old'],
      ['provider_specific', 'k', 'new'],
    ];
    expect(metadata(tuples)).toEqual({ provider_specific: { k: 'new' } });
  });

  it('keeps names that objects treat in a special way, and no prototype changes', () => {
    const built = metadata([['__proto__', '__proto__', { polluted: true }]]);
    expect(JSON.stringify(built)).toBe('{"__proto__":{"__proto__":{"polluted":true}}}');
    expect(Object.getPrototypeOf(built)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('account', () => {
  it('shows what it is given', () => {
    expect(account({})).toEqual({});
    expect(account({ id: null, metadata: null })).toEqual({});
    expect(account({ id: 'a' })).toEqual({ id: 'a' });
    expect(account({ metadata: [['regions', ['r1', 'r2']]] })).toEqual({
      metadata: { provider_specific: { regions: ['r1', 'r2'] } },
    });
  });
});
