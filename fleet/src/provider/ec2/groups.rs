//! Whether the security groups of application servers let clients in. EC2 launches a machine that nobody reaches as gladly as any other.

use std::ops::RangeInclusive;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IpPermission, SecurityGroup};

use super::errors;
use super::request::Template;
use crate::provider::ProviderError;

/// The groups of `template`, where they let no address in on `port`; none where they do, or where a launch template says which they are.
///
/// # Errors
/// Where EC2 cannot be asked, or does not tell.
pub(super) async fn closed(client: &Client, template: &Template, port: u16) -> Result<Option<String>, ProviderError> {
    let Template::Explicit { security_groups, .. } = template else {
        return Ok(None);
    };
    if security_groups.is_empty() {
        return Ok(None);
    }
    let request = client
        .describe_security_groups()
        .set_group_ids(Some(security_groups.clone()));
    let answered = request.send().await;
    let groups = answered.map_err(|error| errors::trouble("DescribeSecurityGroups", &error))?;
    let is_open = lets_in(groups.security_groups(), port);
    Ok((!is_open).then(|| security_groups.join(", ")))
}

/// Whoever is only let in from another group is no client.
fn lets_in(groups: &[SecurityGroup], port: u16) -> bool {
    let rules = groups.iter().flat_map(SecurityGroup::ip_permissions);
    rules.filter_map(opened).any(|range| range.contains(&i32::from(port)))
}

fn opened(rule: &IpPermission) -> Option<RangeInclusive<i32>> {
    let has_addresses =
        !rule.ip_ranges().is_empty() || !rule.ipv6_ranges().is_empty() || !rule.prefix_list_ids().is_empty();
    match rule.ip_protocol().filter(|_| has_addresses)? {
        "-1" => Some(0..=i32::from(u16::MAX)),
        "tcp" => Some(rule.from_port()?..=rule.to_port()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IpRange, UserIdGroupPair};

    use super::*;

    fn rule(protocol: &str, from: i32, to: i32) -> IpPermission {
        let anywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let rule = IpPermission::builder().ip_protocol(protocol).ip_ranges(anywhere);
        rule.from_port(from).to_port(to).build()
    }

    fn group(rules: impl IntoIterator<Item = IpPermission>) -> SecurityGroup {
        let rules = rules.into_iter().collect();
        SecurityGroup::builder().set_ip_permissions(Some(rules)).build()
    }

    #[test]
    fn the_rules_of_all_groups_add_up() {
        let halves = [group([rule("tcp", 9000, 9049)]), group([rule("tcp", 9050, 9099)])];
        assert!(lets_in(&halves, 9000) && lets_in(&halves, 9099) && !lets_in(&halves, 9100));
        assert!(!lets_in(&halves[..1], 9050));
        assert!(lets_in(&[group([rule("-1", -1, -1)])], 9000));
    }

    #[test]
    fn another_protocol_or_another_group_lets_no_client_in() {
        let pair = UserIdGroupPair::builder().group_id("sg-1").build();
        let of_group = IpPermission::builder()
            .ip_protocol("-1")
            .user_id_group_pairs(pair)
            .build();
        assert!(!lets_in(&[group([rule("udp", 0, 65535), of_group])], 9000));
        assert!(!lets_in(&[], 9000));
    }
}
