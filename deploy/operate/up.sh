# shellcheck shell=bash
# bin/aws up. Sourced by bin/aws.
# shellcheck disable=SC2154

up() {
    ready_the_name
    check_the_parameters
    check_the_rights
    look_at_the_types
    [ -n "$state" ] || check_the_versions
    check_the_quota
    if [ -n "$keep_release" ]; then
        say "not checked: whether the types have the architecture of the release, which is kept"
    else
        [ -n "$release" ] || check_the_architecture "what bin/release makes on this machine" "$(own_architecture)"
        find_the_release
        check_the_architecture "$release" "$release_architecture"
    fi
    # From here on things are made.
    make_service_linked_roles
    bucket=tenfold-release-$account-$region
    make_the_bucket
    [ -n "$keep_release" ] || upload_the_release
    deploy_the_stack
    say_the_address
}

# The stack is not there, or can be updated, or is brought to that.
ready_the_name() {
    wait_for_the_stack
    case $state in
        '' | CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE) ;;
        ROLLBACK_COMPLETE | ROLLBACK_FAILED)
            say "the stack $stack is $state: it could not be made, and CloudFormation can only delete it"
            failures >&2
            confirm "Delete what is left of it, and make it anew?"
            must "delete the stack $stack" cloudformation delete-stack --stack-name "$stack"
            wait_until_gone
            [ -z "$state" ] || give_up "the stack $stack is $state and cannot be deleted: \`bin/aws down --stack $stack\` says what it still has"
            ;;
        UPDATE_ROLLBACK_FAILED) give_up "the stack $stack is $state: run \`aws cloudformation continue-update-rollback --stack-name $stack --region $region\`, then this again" ;;
        UPDATE_FAILED) give_up "the stack $stack is $state: run \`aws cloudformation rollback-stack --stack-name $stack --region $region\`, then this again" ;;
        *) give_up "the stack $stack is $state and cannot be updated: end it with \`bin/aws down --stack $stack\`, then run this again" ;;
    esac
}

# AWS makes these by itself where the console is used; with CloudFormation the first stack of an account may fail for want of one.
make_service_linked_roles() {
    local pair
    for pair in AWSServiceRoleForAutoScaling:autoscaling AWSServiceRoleForElasticLoadBalancing:elasticloadbalancing AWSServiceRoleForRDS:rds \
        AWSServiceRoleForAmazonMQ:mq; do
        [ "${pair#*:}" != mq ] || [ "$(parameter BrokerKind)" != none ] || continue
        ! ask iam get-role --role-name "${pair%:*}" --query Role.Arn || continue
        ask iam create-service-linked-role --aws-service-name "${pair#*:}.amazonaws.com" --query Role.Arn && continue
        case $error in
            *"has been taken"*) ;;
            *) explain "make the role ${pair%:*} of the service ${pair#*:} (\`aws iam create-service-linked-role --aws-service-name ${pair#*:}.amazonaws.com\`)" ;;
        esac
    done
}

make_the_bucket() {
    local where=()
    if ! ask s3api head-bucket --bucket "$bucket" --expected-bucket-owner "$account"; then
        case $error in
            *404* | *"Not Found"*) ;;
            *403* | *Forbidden*) give_up "the bucket $bucket is somebody else's, or these credentials may not see it: give them s3:ListBucket, or use another region" ;;
            *) explain "look for the bucket $bucket" ;;
        esac
        # The oldest region is named by saying nothing.
        [ "$region" = us-east-1 ] || where=(--create-bucket-configuration "LocationConstraint=$region")
        must "make the bucket $bucket" s3api create-bucket --bucket "$bucket" ${where[@]+"${where[@]}"}
        say "made the bucket $bucket"
    fi
    must "keep the bucket $bucket private" s3api put-public-access-block --bucket "$bucket" --expected-bucket-owner "$account" \
        --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    must "have the bucket $bucket encrypted" s3api put-bucket-encryption --bucket "$bucket" --expected-bucket-owner "$account" \
        --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
}

# A release has a name of its own, so that a login server that is replaced meanwhile finds the old one.
upload_the_release() {
    object=tenfold-$sha256.tar.gz
    if ask s3api head-object --bucket "$bucket" --key "$object" --expected-bucket-owner "$account"; then
        return
    fi
    say "uploading $release"
    must "take the release" s3 cp "$release" "s3://$bucket/$object" --only-show-errors
}

deploy_the_stack() {
    local words=() reason
    [ -n "$keep_release" ] || words=("ReleaseBucket=$bucket" "ReleaseObject=$object" "ReleaseSha256=$sha256")
    words+=(${given[@]+"${given[@]}"})
    if [ ${#words[@]} -gt 0 ]; then
        words=(--parameter-overrides "${words[@]}")
    fi
    [ -z "$disable_rollback" ] || words+=(--disable-rollback)
    if [ -z "$state" ]; then
        say "making the stack $stack in $region, which takes some 15 minutes, or half an hour with a broker; Ctrl-C stops only the waiting"
    else
        say "updating the stack $stack in $region"
    fi
    # By way of the bucket: CloudFormation takes 51,200 bytes otherwise, and the template has nearly as many.
    if ! ask cloudformation deploy --stack-name "$stack" --template-file "$template" --s3-bucket "$bucket" --s3-prefix templates \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset ${words[@]+"${words[@]}"}; then
        reason=$error
        # Where it is more than that line.
        sed '/^[[:space:]]*$/d; $d' "$scratch/error" >&2
        # The waiting may have ended, and not what is waited for.
        wait_for_the_stack
        case $state in
            CREATE_COMPLETE | UPDATE_COMPLETE) ;;
            *)
                failures >&2
                give_up "the stack $stack is ${state:-not made} (${reason:-for no reason that the CLI tells}): mend what stands above, then run this again; deploy/README.md has a table of reasons"
                ;;
        esac
        case $reason in
            *"Failed to create/update"* | *describe-stack-events*) ;;
            *) give_up "the stack $stack is $state, and it is not known whether this update reached it: $reason; mend that, then run this again" ;;
        esac
    fi
    look_at_the_stack
}

say_the_address() {
    printf 'address: %s port %s\n' "$(output Host)" "$(output Port)"
    printf 'clients: bin/client %s %s\n' "$(output Host)" "$(output Port)"
}
