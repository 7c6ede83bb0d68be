//! Real processes over one database and one expired token: started together, and killed on their
//! way.

use crate::shared::{POSTGRES, REDIS};

#[path = "../processes/checks.rs"]
mod checks;

#[tokio::test]
async fn processes_over_redis_make_one_request() {
    checks::together(REDIS.url()).await;
}

#[tokio::test]
async fn processes_over_postgresql_make_one_request() {
    checks::together(POSTGRES.url()).await;
}

#[tokio::test]
async fn a_process_over_redis_that_is_killed_anywhere_leaves_the_next_one_able_to_go_on() {
    checks::killed_anywhere(REDIS.url()).await;
}

#[tokio::test]
async fn a_process_over_postgresql_that_is_killed_anywhere_leaves_the_next_one_able_to_go_on() {
    checks::killed_anywhere(POSTGRES.url()).await;
}
