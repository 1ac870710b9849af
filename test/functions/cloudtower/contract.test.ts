import { describeContract } from '../../support/contract.ts';
import { subject } from './subject.ts';

describeContract(subject);
