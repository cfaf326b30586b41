//! Three servers, each killed while events flow.

use crate::events::{file, json, publish, shuffled};
use crate::server::{PATIENCE, STREAM, Servers};
use crate::world::{World, state, take_file, with_numbers};
use async_nats::jetstream::Context;
use gateway::meter::Event;
use std::time::{Duration, Instant};
use testkit::Engine;

/// Events in the suite; `BAOHAO_NATS_EVENTS` says otherwise, such as 1000000.
const EVENTS: usize = 50_000;

/// Who leads the stream, and whether all others follow.
async fn leader(context: &Context) -> Option<(String, bool)> {
    let mut stream = context.get_stream(STREAM).await.ok()?;
    let cluster = stream.info().await.ok()?.cluster.clone()?;
    let is_whole = cluster.replicas.len() == 2
        && cluster.replicas.iter().all(|replica| replica.current && !replica.offline);
    Some((cluster.leader?, is_whole))
}

async fn whole(context: &Context) -> String {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some((leader, true)) = leader(context).await {
                return leader;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    found.await.expect("the cluster does not become whole")
}

/// Every node dies once by `kill -9` while messages are put in and taken out: first the stream's
/// leader, then the others. Each comes back before the next dies, for two of three must live.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_of_three_nodes_dies_nothing_is_lost_and_nothing_counts_twice() {
    let Some(mut servers) = Servers::start(3, "").await else { return };
    let wanted = std::env::var("BAOHAO_NATS_EVENTS").ok().and_then(|count| count.parse().ok());
    let count = wanted.unwrap_or(EVENTS);
    let context = servers.stream().await;
    let mut world = World::new(Engine::any(), &servers, count).await.unwrap();
    world.patience *= u32::try_from(count.div_ceil(100_000)).unwrap();
    world.start();
    let begun = Instant::now();
    let mut killed: Vec<String> = Vec::new();
    let mut rows = 0;
    for part in shuffled(count).chunks(count.div_ceil(3)) {
        let leader = whole(&context).await;
        let node = if killed.contains(&leader) {
            servers.nodes.iter().position(|node| !killed.contains(&node.name)).unwrap()
        } else {
            servers.nodes.iter().position(|node| node.name == leader).unwrap()
        };
        // The second half only sets out when the node dies, however fast the first was.
        let (die, dying) = tokio::sync::oneshot::channel();
        let flow = {
            let context = context.clone();
            let messages = part.iter().map(|n| (n.to_string(), json(*n)));
            let mut first: Vec<_> = messages.collect();
            let second = first.split_off(first.len() / 2);
            tokio::spawn(async move {
                publish(&context, first).await;
                dying.await.unwrap();
                publish(&context, second).await;
            })
        };
        let due = rows + part.len() as u64 / 20;
        world.until("the next death", |w| w.count(Event::UsageRows) >= due).await;
        die.send(()).unwrap();
        servers.nodes[node].kill();
        assert!(!flow.is_finished(), "the events were all there before the node died");
        killed.push(servers.nodes[node].name.clone());
        tokio::time::sleep(Duration::from_secs(2)).await;
        servers.nodes[node].start();
        servers.nodes[node].listens().await;
        flow.await.unwrap();
        rows += part.len() as u64;
        world.until("the rest of it", |w| w.count(Event::UsageRows) >= rows).await;
    }
    let published = begun.elapsed();
    let is_over = async {
        loop {
            let stream = context.get_stream(STREAM).await.ok();
            let info = match &stream {
                Some(stream) => stream.consumer_info("baohao").await.ok(),
                None => None,
            };
            if info.is_some_and(|info| info.num_pending == 0 && info.num_ack_pending == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE * 2, is_over).await.expect("something is not acknowledged");
    let took = begun.elapsed();
    world.stop().await;

    let alone = with_numbers(Engine::any(), count).await.unwrap();
    take_file(&alone, &file(count)).await;
    assert!(state(&world.app, count).await == state(&alone, count).await, "not as by file");
    let mut stream = context.get_stream(STREAM).await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, count as u64);
    eprintln!(
        "{count} events: published in {published:?}, all committed after {took:?}; \
         {} committed, {} left out as repeats, killed {killed:?}",
        world.count(Event::UsageMessages),
        world.count(Event::UsageRepeats),
    );
}
