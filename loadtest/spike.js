// From nobody to four hundred in thirty seconds, all of whom sign in; then a minute of
// work. The day after the hail.
import { keep, options as shared } from './config.js';
import { work } from './people.js';

const users = Number(__ENV.USERS || 400);

export const options = shared({
  spike: {
    executor: 'ramping-vus', startVUs: 0, gracefulRampDown: '20s', gracefulStop: '20s',
    stages: [{ duration: '30s', target: users }, { duration: __ENV.DURATION || '1m', target: users }],
  },
});
export default () => work();
export const handleSummary = keep;
