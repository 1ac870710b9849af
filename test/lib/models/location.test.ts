import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { checkedLocations, checkedRegion, type Location, type Region } from '../../../lib/models/location.ts';

describe('checkedLocations', () => {
  it('gives back what it was given', () => {
    const locations: Location[] = [
      { city: { name: 'Bonn', latitude: 50.73, longitude: 7.1 }, country: { id: 'DE', name: 'Germany' } },
      { type: 'customer' },
    ];
    expect(checkedLocations(locations, 'server "i"')).toEqual(locations);
  });

  it.each([
    {},
    { latitude: 1 },
    { id: '' },
    { id: 7 },
    { id: 'x', name: 7 },
    { id: null, name: 'x' },
    null,
    'Bonn',
  ])('refuses a part that is %j', (part) => {
    const locations = [{ country: { id: 'DE' } }, { city: part }] as Location[];
    expect(() => checkedLocations(locations, 'server "i"')).toThrow(
      new MalformedResponse(
        'server "i": locations[1].city must have an id or a name that is a text with a value',
      ),
    );
  });

  it.each(['location', 'city', 'state', 'country', 'region'])('looks at %s', (part) => {
    expect(() => checkedLocations([{ [part]: {} }], 'server "i"')).toThrow(`locations[0].${part}`);
  });
});

describe('checkedRegion', () => {
  it('keeps the id alone', () => {
    expect(checkedRegion({ id: 'r', name: 'R' } as Region, 'server "i"')).toEqual({ id: 'r' });
  });

  it('refuses a region without an id', () => {
    expect(() => checkedRegion({} as Region, 'server "i"')).toThrow(
      new MalformedResponse('server "i": region.id must be a text with a value'),
    );
  });
});
