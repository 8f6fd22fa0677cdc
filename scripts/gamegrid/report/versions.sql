-- Each combination of code, interpreter, packages and machine that jobs ran with.
SELECT
    code_version, interpreter,
    host ->> 'system' AS system, host ->> 'machine' AS machine,
    packages, count(*) AS jobs, min(started_at) AS first_start, max(started_at) AS last_start
FROM runs
GROUP BY ALL
ORDER BY first_start, code_version
