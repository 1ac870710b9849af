import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { ipAddress } from '../../../lib/models/ip-address.ts';
import { type ServerFields, server } from '../../../lib/models/server.ts';

const details = (fields: object) =>
  server({ id: 'i-1', name: 'n', ...fields } as ServerFields).details?.server;

describe('server', () => {
  it('says what it does not know', () => {
    expect(details({})).toEqual({
      cpu_cores: null,
      cpu_hz: null,
      ram_b: null,
      volumes_b: null,
      instance_type: null,
      state: 'unknown',
      provider_state: 'unknown',
      ip_addresses: [],
      image_detail: null,
    });
  });

  it('takes null for what the provider leaves out', () => {
    const nulls = {
      cpu_cores: null,
      state: null,
      provider_state: null,
      ip_addresses: null,
      is_virtual: null,
    };
    expect(details({ ...nulls, image_detail: null })).toEqual(details({}));
  });

  it('keeps a zero, which is a number and not nothing', () => {
    expect(details({ cpu_cores: 0, ram_b: 0 })).toMatchObject({ cpu_cores: 0, ram_b: 0 });
  });

  it.each(['unknown', 'pending', 'running', 'shutting', 'terminated', 'stopping', 'stopped'])(
    'may be %s',
    (state) => expect(details({ state })).toMatchObject({ state }),
  );

  it('refuses a state that the CMP does not know', () => {
    expect(() => details({ state: 'Running' })).toThrow(
      new MalformedResponse(
        'server "i-1": state is "Running", it must be one of unknown, pending, running, shutting, terminated, stopping, stopped',
      ),
    );
  });

  it('refuses an image without an id', () => {
    expect(() => details({ image_detail: { name: 'ubuntu' } })).toThrow(
      new MalformedResponse('server "i-1": image_detail.id must be a text with a value'),
    );
  });

  it('shows an image of which only the id is known', () => {
    expect(details({ image_detail: { id: 'img' } })).toMatchObject({
      image_detail: {
        id: 'img',
        name: null,
        architecture: null,
        distribution: null,
        type: null,
        version: null,
      },
    });
  });
});

describe('ipAddress', () => {
  it('shows the network only when both its id and its name are given', () => {
    expect(ipAddress({ network_id: 'n1', network_name: 'net' })).toEqual({
      network: { id: 'n1', name: 'net' },
    });
    expect(ipAddress({ ip_address: '10.0.0.1', network_id: 'n1' })).toEqual({ ip_address: '10.0.0.1' });
    expect(ipAddress({ ip_address: '10.0.0.1', network_name: 'net', network_id: null })).toEqual({
      ip_address: '10.0.0.1',
    });
  });

  it('may say nothing at all', () => {
    expect(ipAddress({})).toEqual({});
  });
});
