# shellcheck shell=bash
# What is looked at before anything is made, each failure one sentence with its mend. Sourced by bin/aws.
# shellcheck disable=SC2154

# What CloudFormation does with the caller's rights for this template, and what bin/aws does itself.
# deploy/tests/test_operate.py holds it to the kinds of resources in the template.
needed_rights=(
    cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet cloudformation:DescribeStacks cloudformation:DescribeStackEvents
    cloudformation:GetTemplateSummary
    s3:CreateBucket s3:PutObject s3:GetObject s3:PutBucketPublicAccessBlock s3:PutEncryptionConfiguration
    ec2:CreateVpc ec2:CreateSubnet ec2:CreateInternetGateway ec2:CreateRouteTable ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress
    ec2:CreateLaunchTemplate ec2:RunInstances ec2:CreateTags ec2:DescribeInstances ec2:DescribeImages
    autoscaling:CreateAutoScalingGroup autoscaling:UpdateAutoScalingGroup
    elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateListener elasticloadbalancing:CreateTargetGroup
    rds:CreateDBInstance rds:CreateDBSubnetGroup rds:CreateDBParameterGroup
    secretsmanager:CreateSecret secretsmanager:GetSecretValue secretsmanager:GetRandomPassword
    iam:CreateRole iam:PutRolePolicy iam:AttachRolePolicy iam:CreateInstanceProfile iam:AddRoleToInstanceProfile iam:PassRole
    logs:CreateLogGroup logs:PutRetentionPolicy sns:CreateTopic cloudwatch:PutMetricAlarm ssm:GetParameter ssm:GetParameters
)

check_the_parameters() {
    local pair known
    known=$(template_parameters)
    for pair in ${given[@]+"${given[@]}"}; do
        case $pair in
            ReleaseBucket=* | ReleaseObject=* | ReleaseSha256=*) give_up "--parameter $pair: bin/aws sets it; give the file with --release" ;;
            [A-Z]*=*) ;;
            *) give_up "--parameter $pair: a parameter is written as MaxInstances=20" ;;
        esac
        [[ $'\n'$known == *$'\n'"${pair%%=*}"$'\t'* ]] || give_up "--parameter $pair: deploy/tenfold.yaml, which lists the parameters, has no ${pair%%=*}"
    done
    [ -n "$(parameter ClientCidr)" ] ||
        give_up "nobody could connect: say who may, with --parameter ClientCidr=203.0.113.7/32 (\`curl https://checkip.amazonaws.com\` tells your own address)"
    [[ $(parameter MaxInstances) =~ ^[0-9]{1,6}$ ]] || give_up "--parameter MaxInstances=$(parameter MaxInstances): it is a number, such as 10"
    if [ -n "$keep_release" ] && [ -z "$(value_in "$parameters" ReleaseSha256)" ]; then
        give_up "--keep-release: there is no stack $stack in $region that has a release; leave the option out"
    fi
}

# check_the_rights: IAM is asked what the caller's policies allow. It does not know of policies that name single resources, nor of all that
# an organization forbids.
check_the_rights() {
    local source=$caller rights=("${needed_rights[@]}") missing role
    case $caller in
        *:root)
            say "these are the root user's credentials, which may do everything; better sign in as somebody else"
            return
            ;;
        *:assumed-role/*)
            # Where the role is, its session does not tell: those of IAM Identity Center stand in a folder.
            role=${caller#*:assumed-role/}
            if ! ask iam get-role --role-name "${role%%/*}" --query Role.Arn; then
                say "not checked: the rights of these credentials, for they may not look at their own role ($error)"
                return
            fi
            source=$answer
            ;;
    esac
    [ "$(parameter BrokerKind)" = none ] || rights+=(mq:CreateBroker)
    if ! ask iam simulate-principal-policy --policy-source-arn "$source" --action-names "${rights[@]}" \
        --query "EvaluationResults[?EvalDecision!='allowed'].[EvalActionName]"; then
        say "not checked: the rights of these credentials, for they may not simulate them ($error)"
        return
    fi
    missing=$(printf '%s' "$answer" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    [ -z "$no_rights_check" ] || { say "going on without these rights: ${missing% }" && return; }
    give_up "$caller lacks rights that the stack needs: ${missing% }; give it a policy that grants them, or, where it grants them for single resources, add --no-rights-check"
}

# Leaves a line for each type in $types: its name, vCPUs, architectures. $app_types and $login_type are the names.
look_at_the_types() {
    local wanted
    app_types=$(parameter AppInstanceTypes) login_type=$(parameter LoginInstanceType)
    wanted=$(printf '%s\n' "$login_type" "${app_types//,/$'\n'}" | sed '/^ *$/d; s/ //g' | sort -u)
    # One word each.
    # shellcheck disable=SC2086
    if ! ask ec2 describe-instance-types --instance-types $wanted \
        --query "InstanceTypes[].[InstanceType,VCpuInfo.DefaultVCpus,join(',',ProcessorInfo.SupportedArchitectures)]"; then
        case $error in
            *InvalidInstanceType*) give_up "EC2 in $region does not have every one of the types $(tr '\n' ' ' <<<"$wanted")($error): name others with --parameter LoginInstanceType=… AppInstanceTypes=…" ;;
            *) explain "describe the instance types" ;;
        esac
    fi
    types=$answer
}

# check_the_architecture WHAT ARCHITECTURE: that every type, and the image, is of it; WHAT has it.
check_the_architecture() {
    local type architectures image
    while read -r type _ architectures; do
        case ",$architectures," in
            *",$2,"*) ;;
            *) give_up "$1 is for $2, and $type is $architectures: give types of $2 ($(fitting "$2")), or a release of $architectures" ;;
        esac
    done <<<"$types"
    if ! ask ssm get-parameter --name "$(parameter Image)" --query Parameter.Value; then
        case $error in
            *ParameterNotFound*) give_up "the image parameter $(parameter Image) is not to be had in $region: leave Image out, or give $(fitting "$2")" ;;
            *) explain "tell the image of $(parameter Image)" ;;
        esac
    fi
    image=$answer
    must "describe the image $image" ec2 describe-images --image-ids "$image" --query 'Images[0].Architecture'
    [ "$answer" = "$2" ] || give_up "$1 is for $2, and the image of $(parameter Image) is ${answer:-nowhere}: give $(fitting "$2")"
}

# fitting ARCHITECTURE: parameters that go together.
fitting() {
    local image=/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default
    case $1 in
        arm64) printf '%s' "--parameter Image=$image-arm64 --parameter LoginInstanceType=t4g.small --parameter AppInstanceTypes=t4g.micro" ;;
        *) printf '%s' "--parameter Image=$image-x86_64 --parameter LoginInstanceType=t3.small --parameter AppInstanceTypes=t3.micro,t3a.micro" ;;
    esac
}

# vcpus TYPE
vcpus() {
    awk -v type="$1" '$1 == type { print $2 }' <<<"$types"
}

# The quota counts vCPUs of the standard families together, those that run already too.
check_the_quota() {
    local quota each=0 most type count others need servers
    most=$(parameter MaxInstances)
    for type in $login_type ${app_types//,/ }; do
        if ! [[ $type =~ ^(a|c|d|h|i|im|is|m|r|t|z)[0-9] ]]; then
            say "not checked: the quota for $type, which is of no standard family"
            return
        fi
    done
    for type in ${app_types//,/ }; do
        count=$(vcpus "$type")
        [ "$count" -le "$each" ] || each=$count
    done
    if ! ask service-quotas get-service-quota --service-code ec2 --quota-code L-1216C47A --query Quota.Value || [ -z "$answer" ]; then
        say "not checked: how many machines the account may run ($error)"
        return
    fi
    quota=${answer%%.*}
    if ! ask ec2 describe-instances --filters Name=instance-state-name,Values=pending,running \
        --query "Reservations[].Instances[?InstanceLifecycle!='spot'][].[InstanceType,CpuOptions.CoreCount,CpuOptions.ThreadsPerCore,join(',',Tags[?Key=='tenfold:stack' || Key=='tenfold:fleet'].Value || \`[]\`)]"; then
        explain "list the instances that run already"
    fi
    others=$(awk -F'\t' -v own="$stack" '$1 ~ /^(a|c|d|h|i|im|is|m|r|t|z)[0-9]/ && $4 != own { sum += $2 * $3 } END { print sum + 0 }' <<<"$answer")
    # Two login servers while one is replaced.
    servers=$((2 * $(vcpus "$login_type")))
    need=$((servers + most * each))
    [ "$need" -gt $((quota - others)) ] || return 0
    local mend="ask for more with \`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value $((need + others)) --region $region\`"
    if [ $((quota - others)) -ge $((servers + each)) ]; then
        mend="$mend, or give --parameter MaxInstances=$(((quota - others - servers) / each))"
    fi
    give_up "the account may run $quota vCPUs in $region ($others of them run something else), and the stack needs up to $need, for 2 $login_type and $most of ${app_types//,/ or }: $mend"
}

# Databases and brokers come and go; asked of what is new, for one that runs stays as it is.
check_the_versions() {
    local version offered broker
    version=$(parameter DatabaseVersion)
    must "tell which versions of Postgres RDS has" rds describe-db-engine-versions --engine postgres --query "DBEngineVersions[?starts_with(EngineVersion, '17.')].[EngineVersion]"
    offered=$(tr '\n' ' ' <<<"$answer")
    case " $offered" in
        *" $version "*) ;;
        *) give_up "RDS in $region has no Postgres $version: give --parameter DatabaseVersion= and one of ${offered:-(none of 17 is offered)}" ;;
    esac
    broker=$(parameter BrokerKind)
    [ "$broker" != none ] || return 0
    must "tell which brokers Amazon MQ has" mq describe-broker-instance-options --engine-type "$(tr '[:lower:]' '[:upper:]' <<<"$broker")" \
        --host-instance-type "$(parameter BrokerInstanceType)" --query 'BrokerInstanceOptions[].[HostInstanceType]'
    [ -n "$answer" ] || give_up "Amazon MQ in $region has no $broker on $(parameter BrokerInstanceType): give another BrokerInstanceType, or BrokerKind=none"
}
