import { describe, expect, it } from 'vitest';
import { SyncError } from '../../../lib/errors.ts';
import { type Catalog, findEndpoint, type Wanted } from '../../../lib/keystone/catalog.ts';

const endpoint = (region: string, url: string, name = 'public') => ({
  region,
  region_id: region,
  url,
  interface: name,
});

const catalog: Catalog = [
  { type: 'identity', name: 'keystone', endpoints: [endpoint('One', 'http://k/v3')] },
  {
    type: 'usage',
    name: 'metering',
    endpoints: [endpoint('One', 'http://one:8000/'), endpoint('One', 'http://inside:8000', 'internal')],
  },
  {
    type: 'rating',
    name: 'pricing',
    endpoints: [endpoint('One', 'http://one:8889'), endpoint('Two', 'http://two:8889')],
  },
  { type: 'empty', name: 'hollow', endpoints: [] },
  { type: 'odd', name: 'odd', endpoints: [endpoint('One', 'not a url')] },
  { type: 'twice', name: 'a', endpoints: [endpoint('One', 'http://a')] },
  { type: 'twice', name: 'b', endpoints: [endpoint('One', 'http://b')] },
];
const find = (wanted: Partial<Wanted>, from = catalog) =>
  findEndpoint(from, { types: [], region: null, interface: 'public', ...wanted }).href;
const refusal = (wanted: Partial<Wanted>, from = catalog) => {
  try {
    return find(wanted, from);
  } catch (error) {
    return error instanceof SyncError ? `${error.name} ${error.code}: ${error.hint}` : String(error);
  }
};

describe('an endpoint is found', () => {
  it.each<[string, Partial<Wanted>, string]>([
    ['by the first type that is there', { types: ['cloudmetrics', 'usage', 'rating'] }, 'http://one:8000/'],
    ['by the name when no type is', { types: ['cloudmetrics'], name: 'metering' }, 'http://one:8000/'],
    ['by a later type when the first has no endpoints', { types: ['empty', 'usage'] }, 'http://one:8000/'],
    ['by its interface', { types: ['usage'], interface: 'internal' }, 'http://inside:8000/'],
    ['by its region', { types: ['rating'], region: 'Two' }, 'http://two:8889/'],
    ['without a region where there is only one', { types: ['usage'], region: null }, 'http://one:8000/'],
  ])('%s', (_, wanted, url) => {
    expect(find(wanted)).toBe(url);
  });

  it('where interfaces have their old names', () => {
    const old: Catalog = [{ type: 'rating', endpoints: [endpoint('One', 'http://one/base/', 'publicURL')] }];
    expect(find({ types: ['rating'] }, old)).toBe('http://one/base');
  });

  it('whatever the order of the catalog is', () => {
    const turned = [...catalog].reverse().map((one) => ({ ...one, endpoints: [...one.endpoints].reverse() }));
    expect(find({ types: ['rating'], region: 'One' }, turned)).toBe('http://one:8889/');
  });
});

describe('an endpoint is not guessed', () => {
  it.each<[string, Partial<Wanted>, RegExp]>([
    [
      'when the service is not there',
      { types: ['volume'], name: 'cinder' },
      /^InvalidConfig SERVICE_NOT_IN_CATALOG: .*rating \(pricing\)/,
    ],
    ['when it has no endpoint', { types: ['empty'] }, /^InsufficientPermission NO_ENDPOINT/],
    [
      'when it has none of the interface',
      { types: ['rating'], interface: 'admin' },
      /^InvalidConfig INTERFACE_NOT_IN_CATALOG: .*public/,
    ],
    [
      'when it has none in the region',
      { types: ['rating'], region: 'Three' },
      /^InvalidConfig REGION_NOT_IN_CATALOG: .*One, Two/,
    ],
    ['when it is in several regions', { types: ['rating'] }, /^InvalidConfig REGION_NEEDED: .*One, Two/],
    ['when several differ in one region', { types: ['twice'] }, /^InvalidConfig AMBIGUOUS_ENDPOINT/],
    ['when it is no URL', { types: ['odd'] }, /^MalformedResponse ENDPOINT_UNREADABLE/],
  ])('%s', (_, wanted, expected) => {
    expect(refusal(wanted)).toMatch(expected);
  });

  it('when the catalog is empty', () => {
    expect(refusal({ types: ['rating'] }, [])).toMatch(/^InsufficientPermission EMPTY_CATALOG/);
  });
});
