/**
 * Backs a machine up: takes a snapshot, waits for it, and names the snapshots of its disks, which a backup tool reads.
 *
 *     node build/run.mjs examples/backup-vm.ts --accounts accounts.yaml --account ID --vm NAME --snapshot NAME --allow-writes
 */
import { InvalidConfig } from '../lib/errors.ts';
import { command, optionsOf, refuseUnlessAllowed, withTower } from './open-tower.ts';
import { snapshotOf } from './snapshot.ts';

await command(async () => {
  const { vm, snapshot, ...options } = optionsOf(['vm', 'snapshot']);
  refuseUnlessAllowed(options['allow-writes'] ?? false);
  if (!vm || !snapshot) throw new InvalidConfig('Expected --vm NAME --snapshot NAME');
  const taken = await withTower(options, (client) => snapshotOf(client, vm, snapshot));
  process.stdout.write(`${JSON.stringify(taken, null, 2)}\n`);
});
