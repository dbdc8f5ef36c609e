//! What the operator wants of EC2.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use tenfold_cli::duration;
use tenfold_fleet::provider::ec2::{Launch, Metadata, Template};

/// How application servers are launched on EC2, and how they get what they need.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Ec2Options {
    /// With --fleet ec2: the launch template, by its id or its name
    #[arg(long, env = "TENFOLD_EC2_LAUNCH_TEMPLATE", value_parser = NonEmptyStringValueParser::new(), value_name = "TEMPLATE")]
    pub ec2_launch_template: Option<String>,
    /// With --fleet ec2: the version of the launch template
    #[arg(
        long,
        env = "TENFOLD_EC2_LAUNCH_TEMPLATE_VERSION", value_parser = NonEmptyStringValueParser::new(),
        default_value = "$Default",
        value_name = "VERSION"
    )]
    pub ec2_launch_template_version: String,
    /// With --fleet ec2, where there is no launch template: the image [default: this machine's]
    #[arg(long, env = "TENFOLD_EC2_IMAGE", value_parser = NonEmptyStringValueParser::new(), value_name = "IMAGE")]
    pub ec2_image: Option<String>,
    /// With --fleet ec2: the types of machines in the order to try them, separated by commas [default: the
    /// launch template's, or this machine's]
    #[arg(
        long,
        env = "TENFOLD_EC2_INSTANCE_TYPES", value_parser = NonEmptyStringValueParser::new(),
        value_delimiter = ',',
        value_name = "TYPES"
    )]
    pub ec2_instance_types: Vec<String>,
    /// With --fleet ec2: the subnets in the order to try them, separated by commas [default: the launch template's, or this machine's]
    #[arg(long, env = "TENFOLD_EC2_SUBNETS", value_parser = NonEmptyStringValueParser::new(), value_delimiter = ',', value_name = "SUBNETS")]
    pub ec2_subnets: Vec<String>,
    /// With --fleet ec2, where there is no launch template: the security groups, separated by commas [default: this machine's]
    #[arg(
        long,
        env = "TENFOLD_EC2_SECURITY_GROUPS", value_parser = NonEmptyStringValueParser::new(),
        value_delimiter = ',',
        value_name = "GROUPS"
    )]
    pub ec2_security_groups: Vec<String>,
    /// With --fleet ec2, where there is no launch template: the name of the machines' instance profile
    #[arg(long, env = "TENFOLD_EC2_INSTANCE_PROFILE", value_parser = NonEmptyStringValueParser::new(), value_name = "PROFILE")]
    pub ec2_instance_profile: Option<String>,
    /// With --fleet ec2: takes machines at the spot price; EC2 may take them back, and their users are moved before
    #[arg(long, env = "TENFOLD_EC2_SPOT", value_parser = clap::builder::BoolishValueParser::new())]
    pub ec2_spot: bool,
    /// With --fleet ec2: where application servers' logs go in CloudWatch [default: they stay on the machine]
    #[arg(long, env = "TENFOLD_EC2_APP_LOG_GROUP", value_parser = NonEmptyStringValueParser::new(), value_name = "GROUP")]
    pub ec2_app_log_group: Option<String>,
    /// With --fleet ec2: the port on which new application servers ask for what they need; clients must not get there
    #[arg(
        long,
        env = "TENFOLD_EC2_ENROLMENT_PORT",
        default_value_t = 8889,
        value_parser = clap::value_parser!(u16).range(1..),
        value_name = "PORT"
    )]
    pub ec2_enrolment_port: u16,
    /// With --fleet ec2: the name or address under which new application servers reach that port [default: the address from
    /// which this machine reaches others]
    #[arg(long, env = "TENFOLD_EC2_ENROLMENT_HOST", value_parser = NonEmptyStringValueParser::new(), value_name = "HOST")]
    pub ec2_enrolment_host: Option<String>,
    /// With --fleet ec2: how long after its launch an instance may be missing from EC2's list before it counts as gone
    #[arg(long, env = "TENFOLD_EC2_LIST_LAG", default_value = "60s", value_parser = duration, value_name = "DURATION")]
    pub ec2_list_lag: Duration,
    /// With --fleet ec2: how long nothing is asked for after AWS has said that the account may have no more
    #[arg(long, env = "TENFOLD_EC2_QUOTA_PAUSE", default_value = "2m", value_parser = duration, value_name = "DURATION")]
    pub ec2_quota_pause: Duration,
}

/// Why the options are none that anything could be launched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ec2OptionsError {
    /// A template, and what a template says.
    #[error(
        "--ec2-image, --ec2-security-groups and --ec2-instance-profile are the launch template's to say: leave them out"
    )]
    TwoWays,
}

impl Ec2Options {
    /// Sees that they make sense together.
    ///
    /// # Errors
    /// [`Ec2OptionsError`].
    pub fn check(&self) -> Result<(), Ec2OptionsError> {
        let is_explicit =
            self.ec2_image.is_some() || !self.ec2_security_groups.is_empty() || self.ec2_instance_profile.is_some();
        match self.ec2_launch_template {
            Some(_) if is_explicit => Err(Ec2OptionsError::TwoWays),
            _ => Ok(()),
        }
    }
}

impl Ec2Options {
    /// Whether this machine is to be asked what others are to be like: they are its likes unless something else is named.
    pub fn needs_metadata(&self) -> bool {
        self.ec2_launch_template.is_none() && (self.ec2_image.is_none() || self.ec2_instance_types.is_empty())
    }

    /// What is launched, and where: the likes of `machine` where nothing else is named.
    pub fn launch(&self, machine: Option<&Metadata>) -> Launch {
        let or_own = |named: &[String], own: fn(&Metadata) -> Vec<String>| match machine {
            Some(machine) if named.is_empty() => own(machine),
            _ => named.to_vec(),
        };
        let own_image = || machine.map(|machine| machine.image.clone()).unwrap_or_default();
        let template = match &self.ec2_launch_template {
            Some(template) => Template::Named {
                template: template.clone(),
                version: self.ec2_launch_template_version.clone(),
            },
            None => Template::Explicit {
                image: self.ec2_image.clone().unwrap_or_else(own_image),
                security_groups: or_own(&self.ec2_security_groups, |machine| machine.security_groups.clone()),
                profile: self.ec2_instance_profile.clone(),
            },
        };
        Launch {
            template,
            instance_types: or_own(&self.ec2_instance_types, |machine| vec![machine.instance_type.clone()]),
            subnets: or_own(&self.ec2_subnets, |machine| vec![machine.subnet.clone()]),
            spot: self.ec2_spot,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Ec2Options,
    }

    fn options(words: &[&str]) -> Ec2Options {
        Line::try_parse_from(["x"].iter().chain(words)).unwrap().options
    }

    #[test]
    fn there_is_one_way_to_say_what_is_launched() {
        let template = ["--ec2-launch-template", "lt-1"];
        let image = ["--ec2-image", "ami-1", "--ec2-instance-types", "t3.micro,t3a.micro"];
        for good in [&[][..], &image[..2], &image, &template] {
            assert_eq!(options(good).check(), Ok(()), "{good:?}");
        }
        let both = [&template[..], &image[..2]].concat();
        assert_eq!(options(&both).check(), Err(Ec2OptionsError::TwoWays));
        let asks = |words: &[&str]| options(words).needs_metadata();
        assert_eq!(
            [asks(&[]), asks(&image[..2]), asks(&image), asks(&template)],
            [true, true, false, false]
        );
    }

    #[test]
    fn machines_are_like_this_one_where_nothing_else_is_named() {
        let machine = Metadata {
            image: "ami-own".into(),
            instance_type: "t3.small".into(),
            subnet: "subnet-own".into(),
            security_groups: vec!["sg-own".into()],
        };
        let launch = options(&[]).launch(Some(&machine));
        let template = |image: &str, group: &str| Template::Explicit {
            image: image.into(),
            security_groups: vec![group.into()],
            profile: None,
        };
        assert_eq!(launch.template, template("ami-own", "sg-own"));
        assert_eq!(
            (&*launch.instance_types, &*launch.subnets),
            (&["t3.small".to_owned()][..], &["subnet-own".to_owned()][..])
        );
        let named = [
            "--ec2-image",
            "ami-1",
            "--ec2-subnets",
            "a,b",
            "--ec2-security-groups",
            "sg-1",
        ];
        let launch = options(&named).launch(Some(&machine));
        assert_eq!(launch.template, template("ami-1", "sg-1"));
        assert_eq!(
            (&*launch.instance_types, &*launch.subnets),
            (&["t3.small".to_owned()][..], &["a".to_owned(), "b".to_owned()][..])
        );
    }
}
