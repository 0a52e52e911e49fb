namespace NotebookDiff.Tests;

/// <summary>Which lines are steps, and what their numbers are.</summary>
public class StepTests
{
    [Theory]
    [InlineData("Epoch    3/10 W: 1.064, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("Epoch    3/10 W: 1.064 Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("Epoch 3 / 10, w = -1.5e-05 , LOSS(mse) = nan", 3, 10, "-1.5e-05", "nan")]
    [InlineData("0003 weight 1.064 train_loss 0.02", 3, null, "1.064", "0.02")]
    [InlineData("[3] cost inf W -inf", 3, null, "-inf", "inf")]
    [InlineData("에폭 3/10 가중치 W는 1.064, 비용(cost)은 0.02", 3, 10, "1.064", "0.02")]
    [InlineData("3 W = tensor([1.4000], device='cuda:0', requires_grad=True) cost = tensor(0.7467)", 3, null, "1.4000", "0.7467")]
    [InlineData("Epoch 3 W1: 1.064 Cost: 0.02", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W[0] = 1.064 Cost: 0.02", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W0.353 Cost: 0.02", 3, null, "0.353", "0.02")]
    [InlineData("Epoch 3 W: 1 Cost: 0", 3, null, "1", "0")]
    [InlineData("W: 1.064 Cost: 0.019 after 3/10 epochs", 3, 10, "1.064", "0.019")]
    [InlineData("Epoch 3/10 W: 1.064, gradient: -0.62, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("Epoch 3/10 Batch 1 W: 1.064, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("[2024-01-02 10:20] epoch 3 W: 1.064, MSE loss (cost): 0.019115", 3, null, "1.064", "0.019115")]
    [InlineData("3 W: 1.064 Cost: tensor(0.0191, grad_fn=<MeanBackward0>)", 3, null, "1.064", "0.0191")]
    [InlineData("Epoch 3 W: +1.064 Cost: 000.0191", 3, null, "+1.064", "000.0191")]
    public void A_step_has_an_epoch_one_weight_and_a_cost(string line, int epoch, int? epochs, string w, string cost)
    {
        var step = Step.Read(0, line, out var ofAnotherModel);

        Assert.NotNull(step);
        Assert.Equal((epoch, epochs), (step.Epoch, step.Epochs));
        Assert.Equal((w, cost), (step.W.Text, step.Cost.Text));
        Assert.False(ofAnotherModel);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tensor(-9.3333)")]
    [InlineData("Epoch 3/10 Cost: 0.019115")]
    [InlineData("Epoch 3/10 W: 1.064")]
    [InlineData("W: 1.064, Cost: 0.019115")]
    [InlineData("Without 3 epochs the cost is 0.02")]
    [InlineData("Epoch 3/10 W, Cost: 1.064")]
    [InlineData("Epoch 99999999999 W: 1.064, Cost: 0.019115")]
    public void Other_lines_are_none(string line)
    {
        Assert.Null(Step.Read(0, line, out var ofAnotherModel));
        Assert.False(ofAnotherModel);
    }

    [Theory]
    [InlineData("Epoch 3/10 W0.353m b:0.151 Cost : 14.770963")]
    [InlineData("Epoch 3/10 W: 0.353, bias = 0.151, Cost: 14.770963")]
    [InlineData("Epoch 3/10 w1: 0.353 w2: 0.151 Cost: 14.770963")]
    [InlineData("Epoch 3/10 W: [0.353, 0.151] Cost: 14.770963")]
    [InlineData("Epoch 3/10 W: 0.353 train cost: 14.770963 val cost: 9.9")]
    public void A_bias_or_a_second_weight_or_cost_is_of_another_model(string line)
    {
        Assert.Null(Step.Read(0, line, out var ofAnotherModel));
        Assert.True(ofAnotherModel);
    }

    [Theory]
    [InlineData("Epoch 3/10 W: 1.064, Cost: 0.019 (1.064)", "Epoch 3/10 W: 2, Cost: 3 (1.064)")]
    [InlineData("Cost: 0.019 W: 1.064 at epoch 3", "Cost: 3 W: 2 at epoch 3")]
    public void Its_numbers_can_be_replaced_and_its_words_stay(string line, string replaced) =>
        Assert.Equal(replaced, Step.Read(0, line, out _)!.With("2", "3"));
}
