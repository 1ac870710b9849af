import type { Resource } from '../../lib/models/resource.ts';
import type { Snapshot, SnapshotRequest, SnapshotStream } from '../../lib/provider.ts';
import type { AlmanachClient } from './client.ts';
import { parseRow } from './normalize.ts';
import { openNow, type Place, serversOf, volumesOf } from './resources.ts';
import { readEntities } from './usage.ts';

/** The servers and volumes of a project that exist now. */
export const resourcesStream: SnapshotStream<AlmanachClient, Resource> = { collect: collectResources };

/** @throws MalformedResponse for a row that cannot be read: half an inventory would read as deletions. */
async function collectResources(
  client: AlmanachClient,
  { locations, now, partition, signal }: SnapshotRequest,
): Promise<Snapshot<Resource>> {
  signal.throwIfAborted();
  const { rows, unshown } = await readEntities(client, partition, { start: now, end: now });
  const open = openNow(rows.map(parseRow), now);
  const volumes = open.filter((row) => row.entity_type === 'volume');
  const instances = open.filter((row) => row.entity_type === 'instance');
  const place = placeOf(client, locations);
  const notes = unshown
    ? [`Rows of the type ${unshown.unshown_type}, which Almanach cannot show, are missing`]
    : [];
  return { items: [...serversOf(instances, volumes, place), ...volumesOf(volumes, place)], notes };
}

/** The region of the catalog that the account names, and where the operator says that is. */
function placeOf({ context }: AlmanachClient, locations: SnapshotRequest['locations']): Place {
  const { region_name: region } = context.config;
  if (!region) return {};
  const known = Object.hasOwn(locations, region) ? locations[region] : undefined;
  return { region: { id: region }, locations: known ? [known] : [] };
}
