import { type Answer, emptyAnswer, jsonAnswer } from './answer.ts';
import { type Asked, dateOf, fieldsOf, requireFields, spanOf } from './asked.ts';
import type { Cloud } from './cloud.ts';
import { correctClosed, correctOpen } from './corrections.ts';
import * as events from './events.ts';
import { unknownType } from './reads.ts';
import type { Route, View } from './routes.ts';
import type { Meta } from './row.ts';
import { shown } from './shown.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A write whose body must have certain fields, missing ones named in this order; the answer is empty. */
function writing(
  names: readonly string[],
  status: number,
  write: (cloud: Cloud, id: string, fields: Fields, asked: Asked) => void,
): View {
  return (cloud, [id = ''], asked) => {
    const fields = fieldsOf(asked);
    requireFields(fields, names);
    write(cloud, id, fields, asked);
    return emptyAnswer(status);
  };
}

const instanceFields = ['id', 'created_at', 'name', 'flavor', 'os_type', 'os_distro', 'os_version'];
const volumeFields = ['volume_id', 'start', 'volume_type', 'size', 'volume_name', 'attached_to'];

export const writes: readonly Route[] = [
  {
    method: 'POST',
    path: '/project/*/instance',
    name: 'create_instance',
    view: writing(instanceFields, 201, createInstance),
  },
  {
    method: 'DELETE',
    path: '/instance/*',
    name: 'delete_instance',
    view: writing(['date'], 202, ({ table }, id, { date }, { now }) => {
      events.requireOneOpen(table, id);
      events.close(table, id, dateOf(date, now), now);
    }),
  },
  {
    method: 'PUT',
    path: '/instance/*/resize',
    name: 'resize_instance',
    view: writing(['date', 'flavor'], 200, ({ table }, id, { date, flavor }, { now }) =>
      events.resizeInstance(table, id, flavor, dateOf(date, now), now),
    ),
  },
  {
    method: 'PUT',
    path: '/instance/*/rebuild',
    name: 'rebuild_instance',
    view: writing(['distro', 'version', 'os_type', 'rebuild_date'], 200, rebuildInstance),
  },
  {
    method: 'POST',
    path: '/project/*/volume',
    name: 'create_volume',
    view: writing(volumeFields, 201, createVolume),
  },
  {
    method: 'DELETE',
    path: '/volume/*',
    name: 'delete_volume',
    view: writing(['date'], 202, ({ table }, id, { date }, { now }) =>
      events.deleteVolume(table, id, dateOf(date, now), now),
    ),
  },
  {
    method: 'PUT',
    path: '/volume/*/resize',
    name: 'resize_volume',
    view: writing(['date', 'size'], 200, ({ table }, id, { date, size }, { now }) =>
      events.resizeVolume(table, id, size, dateOf(date, now), now),
    ),
  },
  {
    method: 'PUT',
    path: '/volume/*/attach',
    name: 'attach_volume',
    view: writing(['date', 'attachments'], 200, ({ table }, id, { date, attachments }, { now }) =>
      events.attach(table, id, attachments, dateOf(date, now), now),
    ),
  },
  {
    method: 'PUT',
    path: '/volume/*/detach',
    name: 'detach_volume',
    view: writing(['date', 'attachments'], 200, ({ table }, id, { date, attachments }, { now }) =>
      events.detach(table, id, attachments, dateOf(date, now), now),
    ),
  },
  { method: 'PUT', path: '/entity/instance/*', name: 'update_entity', view: correct },
  {
    method: 'POST',
    path: '/volume_type',
    name: 'create_volume_type',
    view: writing(['type_id', 'type_name'], 201, ({ table }, _, fields) =>
      table.insertType({ id: fields.type_id, name: fields.type_name }),
    ),
  },
  { method: 'DELETE', path: '/volume_type/*', name: 'delete_volume_type', view: deleteType },
];

function createInstance(cloud: Cloud, project: string, fields: Fields, { now }: Asked): void {
  const start = dateOf(fields.created_at, now);
  const { os_distro: distro, os_version: version, os_type } = fields;
  events.create(cloud.table, {
    type: 'instance',
    ...{ id: String(fields.id), project, name: fields.name, flavor: fields.flavor },
    ...{ start, end: null, lastEvent: start, processed: now },
    meta: allowed(cloud, { distro, version, os_type }),
    metadata: {},
  });
}

function rebuildInstance(cloud: Cloud, id: string, fields: Fields, { now }: Asked): void {
  const { distro, version, os_type } = fields;
  const meta = allowed(cloud, { distro, version, os_type });
  events.rebuildInstance(cloud.table, id, meta, dateOf(fields.rebuild_date, now), now);
}

/** @throws Refusal 404 for a type that is not known; null is a type */
function createVolume({ table }: Cloud, project: string, fields: Fields, { now }: Asked): void {
  const start = dateOf(fields.start, now);
  const type = table.volumeTypes.find(({ id }) => id === fields.volume_type);
  if (type === undefined && fields.volume_type !== null) throw unknownType(fields.volume_type);
  events.create(table, {
    type: 'volume',
    ...{ id: String(fields.volume_id), project, name: fields.volume_name },
    ...{ start, end: null, lastEvent: start, processed: now },
    volumeType: type === undefined ? null : String(type.name),
    size: fields.size,
    attachedTo: fields.attached_to,
  });
}

function allowed({ settings }: Cloud, meta: Meta): Meta {
  return Object.fromEntries(Object.entries(meta).filter(([key]) => settings.imageMeta.includes(key)));
}

/** With `start` in the query a closed row is meant, without it the open one (sheet 1.9). */
function correct(cloud: Cloud, [id = '']: readonly string[], asked: Asked): Answer {
  const { table, settings } = cloud;
  const fields = fieldsOf(asked);
  const corrected = asked.query.has('start')
    ? shown(correctClosed(table, id, spanOf(asked), fields, asked.now), cloud.form())
    : correctOpen(table, id, fields, cloud.form());
  return jsonAnswer(corrected, settings.dateFormat);
}

/** Removes all of the id, and reports 404 unless it was exactly one (sheet 5, 13). */
function deleteType({ table }: Cloud, [id = '']: readonly string[]): Answer {
  if (table.removeTypes(id) !== 1) throw unknownType(id);
  return emptyAnswer(202);
}
