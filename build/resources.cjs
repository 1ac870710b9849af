/**
 * What serverless.yml deploys: for each provider's line there its functions, for `dispatch` the schedule, and beside
 * them what they need: for each a role that may do no more than the function does and a queue for the invocations
 * that failed; the table, the bucket, and the alarms.
 */

const DAY = 86_400;
const MINUTE = 60;

/** How far behind an account may fall before somebody is told, in seconds. */
const LATEST = 2 * DAY;

/** All functions of serverless.yml, from its one line for each provider. */
exports.functions = async ({ resolveConfigurationProperty }) => {
  const { providers, settings } = await resolveConfigurationProperty(['custom']);
  const named = Object.entries(providers).flatMap(([provider, kinds]) =>
    kinds.map((kind) => [`${provider}${kind}`, handlerOf(provider, kind, settings)]),
  );
  return { dispatch: dispatchOf(settings), ...Object.fromEntries(named) };
};

/** CloudFormation resources for all of it. */
exports.resources = async ({ resolveConfigurationProperty }) => {
  const { providers, settings } = await resolveConfigurationProperty(['custom']);
  const inVpc = Boolean(await resolveConfigurationProperty(['provider', 'vpc']));
  const names = Object.entries(providers).flatMap(([provider, kinds]) =>
    kinds.map((kind) => [`${provider}${kind}`, kind]),
  );
  const started = names.filter(([, kind]) => kind !== 'Credentials').map(([name]) => name);
  const own = [
    ...names.flatMap(([name, kind]) =>
      partsOf(name, inVpc, kind === 'Credentials' ? reads(settings) : works(settings, name)),
    ),
    ...partsOf('dispatch', inVpc, dispatches(settings, started)),
    ...Object.entries(providers).flatMap(([provider, kinds]) => lagAlarms(provider, kinds, settings)),
    ['StateTable', table(settings)],
    ['DataBucket', bucket(settings)],
    ['DataBucketPolicy', tlsOnly()],
  ];
  const loops = started.map((name) => [
    `${logicalOf(name)}LambdaFunction`,
    { Properties: { RecursiveLoop: 'Allow' } },
  ]);
  return { Resources: Object.fromEntries(own), extensions: Object.fromEntries(loops) };
};

/** The schedule is the retry: Lambda's own would read the same window again with the same outcome. */
function shared(name, bundles, { concurrency, accountsFile }) {
  return {
    maximumRetryAttempts: 0,
    role: `${logicalOf(name)}Role`,
    destinations: { onFailure: { type: 'sqs', arn: att(`${logicalOf(name)}Failures`) } },
    package: {
      patterns: [...bundles, 'aws.cjs'].map((file) => `dist/functions/${file}`).concat(accountsFile ?? []),
    },
    ...(concurrency > 0 ? { reservedConcurrency: concurrency } : {}),
  };
}

function handlerOf(provider, kind, settings) {
  const verifies = kind === 'Credentials';
  return {
    ...shared(`${provider}${kind}`, [`${provider}.cjs`], settings),
    handler: `dist/functions/${provider}.${verifies ? 'validate' : 'get'}${kind}`,
    ...(verifies ? { timeout: MINUTE } : {}),
  };
}

/** One at a time: two would start the same accounts twice. It has nothing to do until there are accounts. */
function dispatchOf(settings) {
  const { rate, scheduled } = settings;
  return {
    ...shared('dispatch', ['dispatch.cjs', 'providers.json'], {
      ...settings,
      concurrency: settings.concurrency && 1,
    }),
    handler: 'dist/functions/dispatch.dispatch',
    events: [{ schedule: { rate: [rate], enabled: scheduled } }],
  };
}

/** A role, a queue, and an alarm when something is in it. */
function partsOf(name, inVpc, statements) {
  const logical = logicalOf(name);
  const own = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], att(`${logical}LogGroup`)),
    allow(['sqs:SendMessage'], att(`${logical}Failures`)),
  ];
  return [
    [`${logical}Failures`, queue()],
    [`${logical}Role`, role([...own, ...statements], inVpc)],
    [`${logical}FailuresAlarm`, failuresAlarm(logical)],
  ];
}

/** Finding the account, and its secrets. */
function reads({ accounts, names }) {
  return [
    allow(['secretsmanager:GetSecretValue'], arn('secretsmanager', `secret:${names}/*`)),
    allow(['ssm:GetParameter'], arn('ssm', `parameter/${names}/*`)),
    ...readsAccounts(accounts),
  ];
}

/** The operator's file, where it is in a store. */
function readsAccounts(accounts) {
  const [, bucketKey] = /^s3:\/\/(.+)$/.exec(accounts ?? '') ?? [];
  if (bucketKey) return [allow(['s3:GetObject'], { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${bucketKey}` })];
  return /^ssm:/.test(accounts ?? '') ? [readsStored(accounts)] : [];
}

/** What the CMP's settings refer to, and nothing beside it. */
function readsCmp({ cmp }) {
  const places = Object.values(cmp).map((reference) => reference.replace(/#.*$/s, ''));
  return [...new Set(places)].map(readsStored);
}

/** One secret or parameter, by its name or its ARN. Secrets Manager ends the ARN of a name with six characters of its own. */
function readsStored(reference) {
  const [, store, name] = /^(secretsmanager|ssm):(.+)$/s.exec(reference);
  const isArn = name.startsWith('arn:');
  if (store === 'ssm')
    return allow(['ssm:GetParameter'], isArn ? name : arn('ssm', `parameter/${name.replace(/^\//, '')}`));
  return allow(
    ['secretsmanager:GetSecretValue'],
    isArn ? [name, `${name}-??????`] : arn('secretsmanager', `secret:${name}-??????`),
  );
}

/** Reading an account, delivering, remembering, and going on. */
function works(settings, name) {
  return [
    ...reads(settings),
    ...readsCmp(settings),
    allow(
      [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:Query',
      ],
      att('StateTable'),
    ),
    allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], { 'Fn::Sub': '${DataBucket.Arn}/*' }),
    allow(['s3:ListBucket'], att('DataBucket')),
    allow(['lambda:InvokeFunction'], functionArn(name, settings)),
  ];
}

/** Telling who is due, and starting them: no data, and no secret but that of a state which is the CMP's. */
function dispatches(settings, started) {
  return [
    allow(['dynamodb:GetItem', 'dynamodb:Query'], att('StateTable')),
    allow(
      ['lambda:InvokeFunction'],
      started.map((name) => functionArn(name, settings)),
    ),
    ...readsAccounts(settings.accounts),
    ...(settings.stateAtCmp ? readsCmp(settings) : []),
  ];
}

/** A failed invocation is kept with its event, and so with its credentials: encrypted, and not for ever. */
function queue() {
  return {
    Type: 'AWS::SQS::Queue',
    Properties: { MessageRetentionPeriod: 14 * DAY, SqsManagedSseEnabled: true },
  };
}

/** Its name is fixed: a setting that refers to it would keep the functions from being run locally. */
function table({ table: name }) {
  return {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((key) => ({ AttributeName: key, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    },
  };
}

function bucket({ bucket: name }) {
  return {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      ...(name ? { BucketName: name } : {}),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [{ Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } }],
      },
    },
  };
}

function tlsOnly() {
  return {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'DataBucket' },
      PolicyDocument: policy([
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [att('DataBucket'), { 'Fn::Sub': '${DataBucket.Arn}/*' }],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    },
  };
}

function failuresAlarm(logical) {
  return alarm(`An invocation failed: its event is in the queue ${logical}Failures`, {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [`${logical}Failures`, 'QueueName'] } }],
    Statistic: 'Maximum',
    Period: 5 * MINUTE,
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  });
}

/** Of what has a past that can be behind; `dispatch` tells of accounts that are never reached, too. */
function lagAlarms(provider, kinds, { lag, scheduled }) {
  if (!scheduled) return [];
  return kinds
    .filter((kind) => kind === 'Metrics' || kind === 'Spend')
    .map((kind) => [
      `${logicalOf(provider + kind)}LagAlarm`,
      alarm(`An account of ${provider} stands too far behind; usage-sync status says which`, {
        Namespace: 'usage-sync',
        MetricName: 'lag',
        Dimensions: [
          { Name: 'provider', Value: provider },
          { Name: 'stream', Value: kind.toLowerCase() },
        ],
        Statistic: 'Maximum',
        Period: 60 * MINUTE,
        Threshold: lag > 0 ? lag : LATEST,
        TreatMissingData: 'breaching',
      }),
    ]);
}

function alarm(description, properties) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: description,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      ...properties,
    },
  };
}

function role(statements, inVpc) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: policy([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]),
      Policies: [{ PolicyName: 'own', PolicyDocument: policy(statements) }],
      ...(inVpc ? { ManagedPolicyArns: [networkInterfaces] } : {}),
    },
  };
}

/** Lambda makes network interfaces in the function's name; which ones cannot be told in advance. */
const networkInterfaces = {
  'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole',
};

/** By its name: a reference to the function itself would be a circle, since the function refers to its role. */
function functionArn(name, { prefix }) {
  return arn('lambda', `function:${prefix}${name}`);
}

function arn(service, rest) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}` };
}

function att(logical) {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}

function logicalOf(name) {
  return name[0].toUpperCase() + name.slice(1);
}

function allow(actions, resource) {
  return { Effect: 'Allow', Action: actions, Resource: resource };
}

function policy(statements) {
  return { Version: '2012-10-17', Statement: statements };
}

/** Settings that are read from the environment when deploying. */
exports.settings = async ({ resolveConfigurationProperty, options }) => {
  const { env } = process;
  const stage = options.stage ?? 'dev';
  const service = await resolveConfigurationProperty(['service']);
  const accounts = env.USAGE_SYNC_ACCOUNTS || null;
  return {
    prefix: `${service}-${stage}-`,
    names: service,
    table: `${service}-${stage}`,
    bucket: env.USAGE_SYNC_BUCKET || null,
    accounts,
    accountsFile: accounts !== null && !/^(s3|ssm):/.test(accounts) ? accounts : null,
    scheduled: accounts !== null && Boolean(env.USAGE_SYNC_STATE),
    stateAtCmp: env.USAGE_SYNC_STATE === 'cmp:',
    cmp: cmpReferences(env),
    rate: env.USAGE_SYNC_RATE || 'rate(5 minutes)',
    concurrency: Number(env.USAGE_SYNC_CONCURRENCY || 10),
    lag: Number(env.USAGE_SYNC_MAX_LAG || 0),
  };
};

/** The CMP's key, secret and token, as far as they are set; never in plain text, which every reader of the stack could read. */
function cmpReferences(env) {
  const set = ['CMP_KEY', 'CMP_SECRET', 'CMP_TOKEN'].filter((name) => env[name]);
  for (const name of set) {
    if (!/^(secretsmanager:[^#]+(#.+)?|ssm:[^#]+)$/s.test(env[name]))
      throw new Error(`${name}: expected secretsmanager:NAME#key or ssm:NAME, not the secret itself`);
  }
  return Object.fromEntries(set.map((name) => [name, env[name]]));
}
