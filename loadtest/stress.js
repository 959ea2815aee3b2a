// Up to five hundred people, and then on to the breaking point: the same five hundred
// think half as long, and half as long again, step after step. Who thinks half as long
// asks as often as two. Where it broke is read from the series of the report, so the
// limits here are no reason to fail; somebody else's data is.
import exec from 'k6/execution';
import { keep, options as shared } from './config.js';
import { work } from './people.js';

const users = Number(__ENV.USERS || 500);
const ramp = Number(__ENV.RAMP || 120); // seconds until all are there
const step = Number(__ENV.STEP || 45); // seconds of each pace
const paces = Number(__ENV.PACES || 6);

export const options = shared({
  stress: {
    executor: 'ramping-vus', startVUs: 0, gracefulRampDown: '30s', gracefulStop: '30s',
    stages: [{ duration: `${ramp}s`, target: users }, { duration: `${step * paces}s`, target: users }],
  },
}, false);

// hurry is 1 until all are there and for the first step, then 2, 4, 8 and so on.
function hurry() {
  const since = (Date.now() - exec.scenario.startTime) / 1000 - ramp;
  return 2 ** Math.max(0, Math.floor(since / step));
}

export default () => work(hurry());
export const handleSummary = keep;
