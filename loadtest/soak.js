// Two hundred people for half an hour, who come within a minute, as in the morning; a
// migration runs meanwhile.
import { keep, options as shared } from './config.js';
import { work } from './people.js';

const users = Number(__ENV.USERS || 200);

export const options = shared({
  soak: {
    executor: 'ramping-vus', startVUs: 0, gracefulRampDown: '20s', gracefulStop: '20s',
    stages: [{ duration: '1m', target: users }, { duration: __ENV.DURATION || '30m', target: users }],
  },
});
export default () => work();
export const handleSummary = keep;
