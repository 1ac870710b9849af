/**
 * What serverless.yml deploys beside the functions: for each of them a role that may do no more than the
 * function does, and a queue for the invocations that failed.
 */

const DAY = 86_400;

/** CloudFormation resources for all functions of serverless.yml. */
exports.resources = async ({ resolveConfigurationProperty }) => {
  const functions = await resolveConfigurationProperty(['functions']);
  const provider = await resolveConfigurationProperty(['provider', 'vpc']);
  const resources = Object.keys(functions).flatMap((name) => resourcesOf(name, Boolean(provider)));
  return { Resources: Object.fromEntries(resources) };
};

function resourcesOf(name, inVpc) {
  const logical = name[0].toUpperCase() + name.slice(1);
  return [
    [`${logical}Failures`, queue()],
    [`${logical}Role`, role(logical, inVpc)],
  ];
}

/** A failed invocation is kept with its event, and so with its credentials: encrypted, and not for ever. */
function queue() {
  return {
    Type: 'AWS::SQS::Queue',
    Properties: { MessageRetentionPeriod: 14 * DAY, SqsManagedSseEnabled: true },
  };
}

function role(logical, inVpc) {
  const statements = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], `${logical}LogGroup`),
    allow(['sqs:SendMessage'], `${logical}Failures`),
  ];
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

function allow(actions, logical) {
  return { Effect: 'Allow', Action: actions, Resource: { 'Fn::GetAtt': [logical, 'Arn'] } };
}

function policy(statements) {
  return { Version: '2012-10-17', Statement: statements };
}
