//! One server: what comes is taken in, once, and nothing holds it up.

use crate::events::{NOON, json, publish, row, shuffled};
use crate::server::{STREAM, Servers};
use crate::world::{World, settings, state, take_file, with_numbers};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use gateway::meter::{Event, Meter};
use gateway::usage::Nats;
use gateway::usage::nats::Server;
use service::keep;
use service::port::PortError;
use std::sync::Arc;
use std::time::Duration;
use store::activity;
use testkit::{Engine, TestApp, fresh};
use words::Lang;

async fn last(app: &TestApp, number: &str) -> Option<(i64, UsageKind)> {
    let msisdn = Msisdn::parse(number).unwrap();
    let found = activity::last_event(&app.store.db, msisdn, u16::MAX).await.unwrap();
    found.map(|(at, kind)| (at.millis() / 1000, UsageKind::ALL[usize::from(kind)]))
}

fn named(payloads: Vec<String>) -> Vec<(String, String)> {
    payloads.into_iter().enumerate().map(|(at, payload)| (at.to_string(), payload)).collect()
}

#[tokio::test]
async fn feed_and_file_together_are_as_the_file_alone() {
    let Some(servers) = Servers::start(1, "").await else { return };
    const COUNT: usize = 20_000;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let context = servers.stream().await;
        context.get_stream(STREAM).await.unwrap().purge().await.unwrap();
        let Some(mut world) = World::new(engine, &servers, COUNT).await else { continue };
        world.server.durable = format!("{engine:?}");
        world.start();
        // One row in a message, or several; JSON and CSV.
        let order = shuffled(COUNT);
        let mut payloads = Vec::new();
        for (at, some) in order.chunks(3).enumerate() {
            if at % 3 == 0 {
                payloads.extend(some.iter().map(|n| json(*n)));
            } else if at % 3 == 1 {
                payloads.push(some.iter().map(|n| json(*n) + "\n").collect());
            } else {
                let rows = some.iter().map(|n| row(*n));
                let rows = rows.map(|(who, kind, at)| format!("{at},{who},{kind}\n"));
                payloads.push("instant,msisdn,kind\n".to_owned() + &rows.collect::<String>());
            }
        }
        let messages = payloads.len() as u64;
        let payloads = payloads.into_iter().enumerate();
        let named = payloads.map(|(at, payload)| (format!("{engine:?}{at}"), payload)).collect();
        // Half of it comes by file at the same time.
        let half = crate::events::file(COUNT / 2);
        futures::join!(publish(&context, named), take_file(&world.app, &half));
        world.until("all messages", |w| w.count(Event::UsageMessages) >= messages).await;
        world.stop().await;

        let alone = with_numbers(Engine::any(), COUNT).await.unwrap();
        take_file(&alone, &crate::events::file(COUNT)).await;
        assert_eq!(state(&world.app, COUNT).await, state(&alone, COUNT).await);
        assert_eq!(world.count(Event::UsageRows), COUNT as u64);
        assert_eq!(world.count(Event::UsageRejects), 0);
        // Nothing is left to come again.
        let consumer = context.get_stream(STREAM).await.unwrap();
        let info = consumer.consumer_info(&world.server.durable).await.unwrap();
        assert_eq!((info.num_pending, info.num_ack_pending), (0, 0));
    }
}

#[tokio::test]
async fn late_repeated_and_out_of_order_changes_nothing_wrongly() {
    let Some(servers) = Servers::start(1, "").await else { return };
    let mut world = World::new(Engine::any(), &servers, 9).await.unwrap();
    let context = servers.stream().await;
    world.start();
    let use_at = |kind: &str, second: i64| {
        format!("{{\"msisdn\":\"13800130000\",\"kind\":\"{kind}\",\"instant\":{second}}}")
    };
    let (newest, older) = (use_at("mo_call", NOON - 5), use_at("mo_sms", NOON - 500));
    // The same under other ids: a repeat that the server does not know as one.
    let all = [&older, &newest, &older, &newest, &use_at("mo_call", NOON - 9)].map(Clone::clone);
    publish(&context, named(all.to_vec())).await;
    world.until("five", |w| w.count(Event::UsageRows) == 5).await;
    assert_eq!(last(&world.app, "13800130000").await, Some((NOON - 5, UsageKind::MoCall)));
    // A use that is yet to come is none.
    publish(&context, vec![("x".into(), use_at("top_up", NOON + 86_400))]).await;
    world.until("the reject", |w| w.count(Event::UsageRejects) == 1).await;
    assert_eq!(last(&world.app, "13800130000").await, Some((NOON - 5, UsageKind::MoCall)));
}

#[tokio::test]
async fn an_event_counts_for_whoever_held_the_number_then() {
    let Some(servers) = Servers::start(1, "").await else { return };
    let app = TestApp::on(fresh(Engine::any()).await.unwrap()).await;
    app.operator(1).await;
    let former = app.now().millis() / 1000;
    app.advance_seconds(86_400);
    app.holder("13800138000", "holder@example.org").await;
    let number = Msisdn::parse("13800138000").unwrap();
    let before = keep::view(&app, number).await.unwrap();
    app.advance_seconds(3 * 86_400);
    let mine = app.now().millis() / 1000;

    let context = servers.stream().await;
    let meter = Arc::new(Meter::default());
    let nats = Nats::new(settings(&servers), Arc::clone(&meter), Lang::En).unwrap();
    let feed = tokio::spawn(nats.run(Arc::clone(&app.app), std::future::pending()));
    let rows = async |count: u64| {
        while meter.count_of(Event::UsageRows) < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let event = |kind: &str, second: i64| {
        format!("{{\"msisdn\":\"13800138000\",\"kind\":\"{kind}\",\"instant\":{second}}}")
    };
    // It arrives now, and is of a time when somebody else had the number.
    publish(&context, vec![("late".into(), event("mo_call", former))]).await;
    rows(1).await;
    app.run_jobs().await;
    let after = keep::view(&app, number).await.unwrap();
    assert_eq!((after.last_use, after.deadline_on), (None, before.deadline_on));
    publish(&context, vec![("mine".into(), event("top_up", mine))]).await;
    rows(2).await;
    app.run_jobs().await;
    let after = keep::view(&app, number).await.unwrap();
    assert_eq!(after.last_use.map(|last| last.kind), Some(UsageKind::TopUp));
    feed.abort();
}

#[tokio::test]
async fn garbage_is_recorded_and_never_comes_again_nor_holds_up_the_rest() {
    let Some(servers) = Servers::start(1, "").await else { return };
    let mut world = World::new(Engine::any(), &servers, 90).await.unwrap();
    let context = servers.stream().await;
    let mut payloads: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\n\n".to_vec(),
        b"no header at all".to_vec(),
        b"msisdn,kind\n13800130000,mo_call\n".to_vec(),
        b"\x1f\x8b\x08\x00garbage".to_vec(),
        b"\xff\xfem\x00s\x00".to_vec(),
        vec![0; 100_000],
        b"{\"msisdn\":\"13800130000\"".to_vec(),
        b"{}\n{\"msisdn\":13}\n".to_vec(),
        b"[{\"msisdn\":\"13800130000\"}]".to_vec(),
        format!("{{\"msisdn\":\"13800999999\",\"kind\":\"mo_call\",\"instant\":{NOON}}}\n").into(),
    ];
    // More rows in another encoding than any file may have, and good ones written alike.
    payloads.push([b"{\"msisdn\":\"\xb1\xa3\xba\xc5\"}\n".repeat(40), b"{}".to_vec()].concat());
    let mut seed = 7_u64;
    for length in 0..200_usize {
        let mut bytes = Vec::new();
        for _ in 0..length {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes.push((seed >> 56) as u8);
        }
        payloads.push(bytes);
    }
    // A good row with each byte changed, as a bad line does.
    for at in 0..json(3).len() {
        let mut bytes = json(3).into_bytes();
        bytes[at] ^= 0x15;
        payloads.push(bytes);
    }
    let count = payloads.len() as u64;
    for payload in payloads {
        context.publish("usage.a", payload.into()).await.unwrap().await.unwrap();
    }
    publish(&context, named((0..90).map(json).collect())).await;
    world.start();
    world.until("all", |w| w.count(Event::UsageMessages) >= count + 90).await;
    let alone = with_numbers(Engine::any(), 90).await.unwrap();
    take_file(&alone, &crate::events::file(90)).await;
    // What a changed byte still says is a use of a number of ours may stand; every good row does.
    for n in 0..90 {
        let (number, ..) = row(n);
        assert!(last(&world.app, &number).await >= last(&alone, &number).await);
    }
    assert!(world.meter.garbage_count() >= 150, "{}", world.meter.garbage_count());
    let told = std::fs::read_to_string(&world.server.rejects_file).unwrap();
    assert!(told.starts_with("sequence,line,code,reason,row\n"));
    for line in [
        "3,1,usage_file.column_missing,",
        "8,1,usage.json,",
        "9,1,usage.who_missing,",
        "11,1,usage.number_unknown,\"There is no such number\",\"{\"\"msisdn\"\":\"\"13800999999",
    ] {
        assert!(told.contains(&format!("\n{line}")), "{line} not in\n{told}");
    }
    let stream = context.get_stream(STREAM).await.unwrap();
    let info = stream.consumer_info("baohao").await.unwrap();
    assert_eq!((info.num_pending, info.num_ack_pending), (0, 0), "something comes again");
}

/// A message was told off for good because the fault, which was ours, did not pass by itself.
#[tokio::test]
async fn a_fault_of_ours_gives_no_message_up_and_holds_no_other_up() {
    let Some(servers) = Servers::start(1, "").await else { return };
    let mut world = World::new(Engine::any(), &servers, 9).await.unwrap();
    let folder = servers.folder().join("not-there-yet");
    world.server.rejects_file = folder.join("rejects.csv");
    world.server.ack_seconds = 1;
    let context = servers.stream().await;
    context.publish("usage.a", "no header at all".into()).await.unwrap().await.unwrap();
    publish(&context, named((0..9).map(json).collect())).await;
    world.start();
    world.until("the good ones", |w| w.count(Event::UsageMessages) >= 9).await;
    let stream = context.get_stream(STREAM).await.unwrap();
    let info = stream.consumer_info("baohao").await.unwrap();
    assert_eq!(info.num_ack_pending, 1, "the other one waits");
    std::fs::create_dir(&folder).unwrap();
    world.until("all", |w| w.count(Event::UsageMessages) >= 10).await;
    let told = std::fs::read_to_string(&world.server.rejects_file).unwrap();
    assert!(told.contains("\n1,1,usage_file."), "{told}");
    let mode = std::os::unix::fs::MetadataExt::mode(&world.server.rejects_file.metadata().unwrap());
    assert_eq!(mode & 0o777, 0o600, "numbers stand in it");
    let alone = with_numbers(Engine::any(), 9).await.unwrap();
    take_file(&alone, &crate::events::file(9)).await;
    assert_eq!(state(&world.app, 9).await, state(&alone, 9).await);
}

#[tokio::test]
async fn cut_off_anywhere_nothing_is_lost() {
    let Some(servers) = Servers::start(1, "").await else { return };
    const COUNT: usize = 9_000;
    let mut world = World::new(Engine::any(), &servers, COUNT).await.unwrap();
    world.server.batch_messages = 50;
    world.server.ack_seconds = 1;
    let context = servers.stream().await;
    publish(&context, named(shuffled(COUNT).into_iter().map(json).collect())).await;
    for millis in [5, 30, 60, 100, 150, 200, 330] {
        world.start();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        world.cut().await;
    }
    let before = world.count(Event::UsageMessages);
    assert!(before < COUNT as u64, "it was over before it was cut off");
    world.start();
    let stream = context.get_stream(STREAM).await.unwrap();
    loop {
        let info = stream.consumer_info("baohao").await.unwrap();
        if info.num_pending == 0 && info.num_ack_pending == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alone = with_numbers(Engine::any(), COUNT).await.unwrap();
    take_file(&alone, &crate::events::file(COUNT)).await;
    assert_eq!(state(&world.app, COUNT).await, state(&alone, COUNT).await);
}

#[tokio::test]
async fn it_waits_for_its_server_and_its_stream_and_says_what_is_wrong() {
    let secret = "authorization { user: baohao, password: \"hush-hush\" }";
    let Some(mut servers) = Servers::start(1, secret).await else { return };
    let good = Server { user: "baohao".into(), password: "hush-hush".into(), ..settings(&servers) };
    let check = async |server: &Server| {
        Nats::new(server.clone(), Arc::default(), Lang::En).unwrap().check().await
    };
    let wrong = Server { password: "hush-hash".into(), ..good.clone() };
    let refused = check(&wrong).await.unwrap_err();
    assert!(matches!(refused, PortError::Rejected(_)), "{refused}");
    assert!(!refused.to_string().contains("hush"));
    let refused = check(&good).await.unwrap_err();
    assert!(matches!(&refused, PortError::Rejected(why) if why.contains("USAGE")), "{refused}");

    // It is started before its stream is there, and before the server is.
    servers.nodes[0].kill();
    let unreachable = check(&good).await.unwrap_err();
    assert!(matches!(unreachable, PortError::Unreachable(_)), "{unreachable}");
    let mut world = World::new(Engine::any(), &servers, 9).await.unwrap();
    world.server = good.clone();
    world.start();
    tokio::time::sleep(Duration::from_millis(300)).await;
    servers.nodes[0].start();
    servers.nodes[0].listens().await;
    let address = format!("127.0.0.1:{}", servers.nodes[0].port);
    let options = async_nats::ConnectOptions::new();
    let options = options.user_and_password("baohao".into(), "hush-hush".into());
    let client = options.max_reconnects(None).connect(address).await.unwrap();
    let context = async_nats::jetstream::new(client);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stream = context
        .create_stream(async_nats::jetstream::stream::Config {
            name: STREAM.into(),
            subjects: vec!["usage.>".into()],
            ..Default::default()
        })
        .await
        .unwrap();
    publish(&context, named(vec![json(0)])).await;
    world.until("the first", |w| w.count(Event::UsageRows) == 1).await;
    check(&good).await.unwrap();

    // The server goes and comes back; then somebody removes our consumer.
    servers.nodes[0].kill();
    tokio::time::sleep(Duration::from_millis(300)).await;
    servers.nodes[0].start();
    publish(&context, vec![("1".into(), json(1))]).await;
    world.until("the second", |w| w.count(Event::UsageRows) == 2).await;
    assert!(world.meter.connects_count() >= 2);
    stream.delete_consumer("baohao").await.unwrap();
    publish(&context, vec![("2".into(), json(2))]).await;
    // A new consumer begins at the front: what it brings again changes nothing.
    world.until("the third", |w| w.count(Event::UsageRows) >= 3).await;
    world.stop().await;

    // Somebody made a consumer that would lose what we have not committed.
    stream.delete_consumer("baohao").await.unwrap();
    let careless = pull::Config {
        durable_name: Some("baohao".into()),
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let _: PullConsumer = stream.create_consumer(careless).await.unwrap();
    let refused = check(&good).await.unwrap_err();
    assert!(matches!(&refused, PortError::Rejected(why) if why.contains("explicit")), "{refused}");
}

#[tokio::test]
async fn an_encrypted_server_is_read_if_its_certificate_is_trusted_and_not_otherwise() {
    let folder = testkit::folder();
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .args([folder.join("key.pem"), "-out".into(), folder.join("cert.pem")])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "openssl is missing");
        eprintln!("skipped: needs openssl");
        return;
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let more =
        format!("tls {{ cert_file: {:?}, key_file: {:?} }}", path("cert.pem"), path("key.pem"));
    let Some(servers) = Servers::start(1, &more).await else { return };
    let trusted = Server {
        servers: servers.addresses().replace("nats://", "tls://"),
        ca_file: Some(folder.join("cert.pem")),
        ..settings(&servers)
    };
    let check = async |server: Server| {
        Nats::new(server, Arc::default(), Lang::En).unwrap().check().await.unwrap_err()
    };
    // It gets so far as to look for the stream.
    let said = check(trusted.clone()).await.to_string();
    assert!(said.contains("there is no stream"), "{said}");
    let said = check(Server { ca_file: None, ..trusted }).await.to_string();
    assert!(!said.contains("stream"), "{said}");
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_stream_and_one_that_dies_leaves_its_part_to_the_other() {
    let Some(servers) = Servers::start(1, "").await else { return };
    const COUNT: usize = 9_000;
    let mut world = World::new(Engine::any(), &servers, COUNT).await.unwrap();
    world.server.batch_messages = 100;
    world.server.ack_seconds = 1;
    let context = servers.stream().await;
    let other = Arc::new(Meter::default());
    let nats = Nats::new(world.server.clone(), Arc::clone(&other), Lang::En).unwrap();
    let run = tokio::spawn(nats.run(Arc::clone(&world.app.app), std::future::pending()));
    world.start();
    let messages = named(shuffled(COUNT).into_iter().map(json).collect());
    let flow = tokio::spawn(async move { publish(&context, messages).await });
    world
        .until("both to work", |w| {
            w.count(Event::UsageRows) > 300 && other.count_of(Event::UsageRows) > 300
        })
        .await;
    run.abort();
    flow.await.unwrap();
    let done = other.count_of(Event::UsageRows);
    assert!(done < COUNT as u64, "the other did it all");
    world.until("the rest", |w| w.count(Event::UsageRows) + done >= COUNT as u64).await;
    let stream = servers.stream().await.get_stream(STREAM).await.unwrap();
    loop {
        let info = stream.consumer_info("baohao").await.unwrap();
        if info.num_pending == 0 && info.num_ack_pending == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alone = with_numbers(Engine::any(), COUNT).await.unwrap();
    take_file(&alone, &crate::events::file(COUNT)).await;
    assert_eq!(state(&world.app, COUNT).await, state(&alone, COUNT).await);
}
