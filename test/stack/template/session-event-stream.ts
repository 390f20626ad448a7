import { test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { synthTemplate } from '../synth.ts';
import { STREAM_FILTERS } from '../../../lib/table/table-definition.ts';

const template: Template = synthTemplate();

test('the stream calls session-events by the filters that the local runner uses, and gives up in an orderly way', () => {
  template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': ['SessionTable', 'StreamArn'] },
    FunctionName: { Ref: Match.stringLikeRegexp('^SessionEventsFunction') },
    FilterCriteria: { Filters: STREAM_FILTERS.map((filter) => ({ Pattern: JSON.stringify(filter) })) },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 5,
    DestinationConfig: {
      OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } },
    },
  });
});
