import { describe, expect, it } from 'vitest';
import { cmpSettings } from '../../../lib/cmp.ts';
import { openState } from '../../../lib/state/open.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';

const settings = {
  platform: heldPlatform(0),
  cmp: cmpSettings({ CMP_URL: 'https://cmp.example/cmp/basic/api', CMP_TOKEN: 'token' }),
  moduleId: 'm',
};

describe('openState', () => {
  it.each([
    ['file:/tmp/none', true],
    ['dynamodb:usage-sync', true],
    ['cmp:', false],
  ])('opens %s', async (address, compareAndSet) => {
    const { capabilities } = await openState(address, settings);
    expect(capabilities).toEqual({ compareAndSet, durable: true });
  });

  it.each(['', 'file:', 'dynamodb:', 'dynamodb:a b', 'cmp:x', 's3://bucket', 'redis:x', '/tmp/state'])(
    'does not know "%s"',
    async (address) => {
      const work = openState(address, settings);
      await expect(work).rejects.toMatchObject({ name: 'InvalidConfig', code: 'UNKNOWN_STATE' });
    },
  );

  it('says what cmp: needs', async () => {
    await expect(openState('cmp:', { ...settings, cmp: null })).rejects.toThrow('CMP_URL is not set');
    await expect(openState('cmp:', { ...settings, moduleId: null })).rejects.toThrow(
      'CMP_MODULE_ID is not set',
    );
  });
});
