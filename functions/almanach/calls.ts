import type { OperationParameters } from '../../lib/operations.ts';
import { objectIn } from './parameters.ts';
import type { AlmanachRequest } from './request.ts';

/** What the text of a parameter becomes. */
export type Form = 'text' | 'number' | 'list' | 'object' | 'date' | 'query-date';

/** A parameter of a call, and where it goes. */
export interface Parameter {
  readonly name: string;
  /** Other names that people know it by. */
  readonly also?: readonly string[];
  readonly in: 'path' | 'query' | 'body';
  /** Its name there; the same when absent. */
  readonly as?: string;
  readonly form?: Form;
  /** When it is not given: an error when absent, left out, the present time, null, or an empty list. */
  readonly otherwise?: 'absent' | 'now' | 'null' | 'none';
}

export interface Call {
  readonly method: AlmanachRequest['method'];
  /** A part in braces is the parameter of that name. */
  readonly path: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Parameters that stand for several others. */
  readonly expand?: (given: OperationParameters) => OperationParameters;
}

const tenant: Parameter = { name: 'tenant', also: ['tenant_id', 'project_id'], in: 'path' };
const id = (...also: string[]): Parameter => ({ name: 'id', also, in: 'path' });
const field = (name: string, more: Partial<Parameter> = {}): Parameter => ({ name, in: 'body', ...more });
const date = (name: string): Parameter => field(name, { as: 'date', form: 'date', otherwise: 'now' });
const optional = (name: string, form: Form = 'text') => field(name, { form, otherwise: 'absent' });
const fact = (name: string) => field(name, { otherwise: 'null' });
const start: Parameter = { name: 'start', in: 'query', form: 'query-date' };
const end: Parameter = { name: 'end', in: 'query', form: 'query-date', otherwise: 'now' };
const attachments = (more: Partial<Parameter> = {}) => field('attachments', { form: 'list', ...more });
const listing = (what: string): Call => ({
  method: 'GET',
  path: ['project', '{tenant}', what],
  parameters: [tenant, start, end],
});

/** Every call with its wire form (sheet 1.3 and 3.1). Names and order are the Python client's. */
export const calls: Readonly<Record<string, Call>> = {
  get_info: { method: 'GET', path: ['info'], parameters: [] },
  get_volume_types: { method: 'GET', path: ['volume_types'], parameters: [] },
  get_volume_type: {
    method: 'GET',
    path: ['volume_type', '{id}'],
    parameters: [id('volume_type_id', 'type_id')],
  },
  create_volume_type: {
    method: 'POST',
    path: ['volume_type'],
    parameters: [
      field('id', { also: ['volume_type_id', 'type_id'], as: 'type_id' }),
      field('name', { also: ['volume_type_name', 'type_name'], as: 'type_name' }),
    ],
  },
  delete_volume_type: {
    method: 'DELETE',
    path: ['volume_type', '{id}'],
    parameters: [id('volume_type_id', 'type_id')],
  },
  get_volumes: listing('volumes'),
  create_volume: {
    method: 'POST',
    path: ['project', '{tenant}', 'volume'],
    parameters: [
      tenant,
      field('id', { also: ['volume_id'], as: 'volume_id' }),
      field('type_id', { also: ['volume_type_id', 'volume_type'], as: 'volume_type' }),
      field('name', { also: ['volume_name'], as: 'volume_name' }),
      field('size', { form: 'number' }),
      attachments({ also: ['attached_to'], as: 'attached_to', otherwise: 'none' }),
      field('start', { form: 'date', otherwise: 'now' }),
    ],
  },
  delete_volume: {
    method: 'DELETE',
    path: ['volume', '{id}'],
    parameters: [id('volume_id'), { ...date('end'), also: ['date'] }],
  },
  resize_volume: {
    method: 'PUT',
    path: ['volume', '{id}', 'resize'],
    parameters: [
      id('volume_id'),
      field('size', { form: 'number' }),
      { ...date('resize_date'), also: ['date'] },
    ],
  },
  attach_volume: {
    method: 'PUT',
    path: ['volume', '{id}', 'attach'],
    parameters: [id('volume_id'), attachments(), { ...date('attachment_date'), also: ['date'] }],
  },
  detach_volume: {
    method: 'PUT',
    path: ['volume', '{id}', 'detach'],
    parameters: [id('volume_id'), attachments(), { ...date('attachment_date'), also: ['date'] }],
  },
  get_instances: listing('instances'),
  create_instance: {
    method: 'POST',
    path: ['project', '{tenant}', 'instance'],
    parameters: [
      tenant,
      field('id', { also: ['instance_id'] }),
      field('name'),
      field('flavor'),
      field('start', { also: ['created_at'], as: 'created_at', form: 'date' }),
      fact('os_distro'),
      fact('os_version'),
      fact('os_type'),
    ],
    expand: withImage,
  },
  delete_instance: {
    method: 'DELETE',
    path: ['instance', '{id}'],
    parameters: [id('instance_id'), { ...date('end'), also: ['date'] }],
  },
  resize_instance: {
    method: 'PUT',
    path: ['instance', '{id}', 'resize'],
    parameters: [id('instance_id'), field('flavor'), { ...date('resize_date'), also: ['date'] }],
  },
  rebuild_instance: {
    method: 'PUT',
    path: ['instance', '{id}', 'rebuild'],
    parameters: [
      id('instance_id'),
      field('distro'),
      field('version'),
      field('os_type'),
      field('rebuild_date', { form: 'date', otherwise: 'now' }),
    ],
  },
  get_entity: { method: 'GET', path: ['entity', '{id}'], parameters: [id('entity_id')] },
  head_entity: { method: 'HEAD', path: ['entity', '{id}'], parameters: [id('entity_id')] },
  get_tenant_entities: listing('entities'),
  update_instance_entity: {
    method: 'PUT',
    path: ['entity', 'instance', '{id}'],
    parameters: [
      id('instance_id', 'entity_id'),
      optional('start_date', 'date'),
      optional('end_date', 'date'),
      optional('name'),
      optional('flavor'),
      optional('os', 'object'),
      optional('metadata', 'object'),
      // With them it corrects the closed row that lies between (sheet 1.9), which the Python client cannot.
      { ...start, otherwise: 'absent' },
      { ...end, otherwise: 'absent' },
    ],
  },
};

/** The Python client's `image_meta` is three fields of the wire, whose names differ. */
function withImage({ image_meta, ...given }: OperationParameters): OperationParameters {
  if (image_meta === undefined) return given;
  const entries = Object.entries(objectIn(image_meta) ?? { image_meta });
  const named = entries.map(([key, value]) => [`os_${key.replace(/^os_/, '')}`, String(value)]);
  return { ...given, ...Object.fromEntries(named) };
}
