import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { type ApplianceFields, appliance } from '../../../lib/models/appliance.ts';

const details = (fields: object) => appliance({ id: 'a-1', name: 'n', ...fields } as ApplianceFields).details;

describe('appliance', () => {
  it.each(['firewall', 'load_balancer', 'router', 'switch', 'storage', 'kvm', 'unknown'])(
    'may be a %s',
    (type_id) => {
      expect(details({ type_id })).toEqual({ appliance: { type_id } });
    },
  );

  it.each([undefined, null])('may be of a type that is not told (%j)', (type_id) => {
    expect(details({ type_id })).toEqual({ appliance: { type_id: null } });
  });

  it('refuses a type that the CMP does not know', () => {
    expect(() => details({ type_id: 'toaster' })).toThrow(
      new MalformedResponse(
        'appliance "a-1": type_id is "toaster", it must be one of firewall, load_balancer, router, switch, storage, kvm, unknown',
      ),
    );
  });
});
